#include "words/core_use.h"

#include <algorithm>
#include <cmath>

#include "words/format.h"

namespace forkscope::words {

namespace {

/// "worker 3", "workers 1 + 4", "perhaps worker 3", "no worker".
std::string worker_list(const picture::CoreSample& core) {
  const bool known = !core.workers.empty();
  const auto& workers = known ? core.workers : core.suspects;
  if (workers.empty()) return "no worker";
  std::string text = known ? "worker" : "perhaps worker";
  if (workers.size() > 1) text += 's';
  for (const std::uint32_t number : workers) {
    text += (number == workers.front() ? " " : " + ") + std::to_string(number);
  }
  return text;
}

/// The same where there is little room: "w3", "w1+w4", "w3?", "–".
std::string short_worker_list(const picture::CoreSample& core) {
  std::string text;
  const auto add = [&text](const std::string& worker) {
    text += (text.empty() ? "w" : "+w") + worker;
  };
  for (const std::uint32_t number : core.workers) add(std::to_string(number));
  for (const std::uint32_t number : core.suspects) add(std::to_string(number) + '?');
  return text.empty() ? "–" : text;
}

std::string whole_percent(long percent) { return std::to_string(percent) + " %"; }

}  // namespace

std::vector<std::string> core_use_texts(const picture::CoreSample& core) {
  std::string list = worker_list(core);
  std::string brief = short_worker_list(core);
  if (!core.own) return {list, brief};
  const long all = std::lrint(core.utilisation * 100);  // as percent() rounds
  const long own = std::min(all, std::lrint(*core.own * 100));
  const std::string others = "others " + whole_percent(all - own);
  if (own == 0) return {"no worker, " + others, others, "ours 0 %"};
  if (core.workers.empty() == core.suspects.empty()) {  // some of them, or gone on since
    list = "workers";
    brief = "ours";
  }
  const std::string part = ' ' + whole_percent(own);
  const std::string rest = ", " + others;
  return {list + part + rest, brief + part + rest, "ours " + whole_percent(own) + rest,
          "ours " + whole_percent(own)};
}

std::vector<std::string> others_texts(const std::vector<picture::Program>& programs) {
  if (programs.empty()) return {};
  std::string whole = "others:";
  std::string names = "others:";
  for (const picture::Program& program : programs) {
    const char* between = &program == &programs.front() ? " " : ", ";
    whole += between + program.name + ' ' + percent(program.cores);
    names += between + program.name;
  }
  const char* more = programs.size() > 1 ? ", …" : "";
  return {whole, names, "others: " + programs.front().name + more};
}

}  // namespace forkscope::words
