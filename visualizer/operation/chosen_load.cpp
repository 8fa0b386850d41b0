#include "operation/chosen_load.h"

#include <algorithm>
#include <array>

namespace forkscope::operation {

namespace {

constexpr std::array<double, 6> kRates{10, 100, 500, 2'000, 10'000, 0};  // 0 = flat out
constexpr std::array<std::uint32_t, 5> kConnections{1, 16, 64, 256, 1024};
constexpr std::array<double, 4> kPostShares{0, 0.1, 0.5, 1};
constexpr std::array<double, 4> kLongShares{0, 0.02, 0.1, 0.3};

/// The one that follows `value`, in the order of the list and around; the first for a stranger.
template <typename List>
auto next_of(const List& list, typename List::value_type value) {
  const auto found = std::find(list.begin(), list.end(), value);
  return found == list.end() || found + 1 == list.end() ? list.front() : *(found + 1);
}

}  // namespace

void ChosenLoad::aim_at(const std::string& host, std::uint16_t port) {
  stop();
  options_.host = host;
  options_.port = port;
}

void ChosenLoad::suit(std::size_t workers) {
  if (status_.running || own_connections_) return;
  options_.connections = load::moderate_load(workers).connections;
}

void ChosenLoad::offer(const picture::Offer& offer, const std::vector<load::Target>& answered) {
  const load::Target todos;
  const bool has_todos = offer.todos != picture::Has::no;
  can_post_ = has_todos && offer.writes != picture::Has::no;
  targets_.clear();
  if (has_todos) targets_.push_back(todos);
  for (const load::Target& target : answered) {
    if (!has_todos || target != todos) targets_.push_back(target);
  }
  const bool is_there =
      std::find(targets_.begin(), targets_.end(), options_.target) != targets_.end();
  own_target_ = own_target_ && is_there;
  const bool gives_way = !own_target_ && !status_.running && options_.target.method != "GET";
  const bool stays = is_there && !gives_way;
  if (!stays && has_target()) options_.target = first_choice();
}

const load::Target& ChosenLoad::first_choice() const {
  const auto get = std::find_if(targets_.begin(), targets_.end(),
                                [](const load::Target& target) { return target.method == "GET"; });
  return get != targets_.end() ? *get : targets_.front();
}

bool ChosenLoad::has_posts() const { return can_post_ && options_.target == load::Target{}; }

void ChosenLoad::change(LoadSetting setting) {
  switch (setting) {
    case LoadSetting::rate:
      options_.requests_per_second = next_of(kRates, options_.requests_per_second);
      break;
    case LoadSetting::connections:
      options_.connections = next_of(kConnections, options_.connections);
      own_connections_ = true;
      break;
    case LoadSetting::post_share:
      options_.post_share = next_of(kPostShares, options_.post_share);
      break;
    case LoadSetting::long_share:
      options_.long_share = next_of(kLongShares, options_.long_share);
      break;
    case LoadSetting::fresh: options_.fresh = !options_.fresh; break;
    case LoadSetting::target:
      if (has_target()) options_.target = next_of(targets_, options_.target);
      own_target_ = has_target();
      break;
  }
  poll();
  if (status_.running) start();
}

void ChosenLoad::start() {
  load::LoadOptions options = options_;
  if (!has_posts()) options.post_share = 0;
  generator_.start(options);
  poll();
}

void ChosenLoad::start(const StartLoad& wanted) {
  load::LoadOptions options = options_;
  options.requests_per_second = wanted.requests_per_second;
  options.connections = wanted.connections;
  options.post_share = 0;
  options.long_share = wanted.long_share;
  options.fresh = wanted.fresh;
  if (has_target() && first_choice().method == "GET" && options.target.method != "GET") {
    options.target = first_choice();
  }
  generator_.start(options);
  poll();
}

void ChosenLoad::stop() {
  generator_.stop();
  poll();
}

void ChosenLoad::poll() { status_ = generator_.status(); }

}  // namespace forkscope::operation
