// What a key wishes, by what is looked at when it is pressed.
#include "app/wishes.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "forkscope/telemetry/layout.h"

namespace forkscope::app {
namespace {

using operation::Fire;
using operation::SendSignal;
using telemetry::EventKind;
using views::CommandKind;

constexpr std::uint64_t kBegin = 5'000'000'000;
constexpr std::uint64_t kPicture = 100'000'000;  // from one to the next

class NoPixels final : public views::PixelColumns {
 public:
  NoPixels() : PixelColumns(1, 1) {}
  void write_column(std::size_t, std::span<const ImU32>) override {}
  ImTextureID texture() const override { return {}; }
};

/// A picture of three workers, the second of which is the busiest.
class Wishes : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t number = 1; number <= 3; ++number) {
      telemetry::WorkerReport worker;
      worker.number = number;
      worker.pid = 4'000 + number;
      worker.requests_per_second = number == 2 ? 50 : 10;
      now_.workers.push_back(worker);
    }
    now_.time_ns = kBegin;
    history_.add(now_, {}, {});
  }

  void happens(EventKind kind, std::uint16_t worker) {
    now_.time_ns += kPicture;
    telemetry::EventRecord event{};
    event.time_ns = now_.time_ns;
    event.kind = static_cast<std::uint16_t>(kind);
    event.worker = worker;
    history_.add(now_, {}, std::span(&event, 1));
  }

  std::optional<operation::Wish> wish(CommandKind kind) {
    return wish_of({kind}, {.history = history_,
                            .now = now_,
                            .calm = now_,
                            .time_ns = now_.time_ns,
                            .calm_time_ns = now_.time_ns,
                            .paused = false,
                            .replay = false,
                            .incidents = history_.incidents(),
                            .state = state_,
                            .load = {},
                            .lesson = {},
                            .acts_on = {},
                            .servers = servers_,
                            .latency_pixels = pixels_,
                            .commands = commands_});
  }
  std::string target(CommandKind kind) { return std::get<Fire>(wish(kind).value()).target; }
  /// "KILL 2"
  std::string signal(CommandKind kind) {
    const auto signal = std::get<SendSignal>(wish(kind).value());
    return signal.name + ' ' + std::to_string(signal.worker);
  }

  history::History history_;
  picture::Snapshot now_;
  views::ViewState state_;

 private:
  const picture::RunningServers servers_;
  NoPixels pixels_;
  std::vector<views::Command> commands_;
};

TEST_F(Wishes, FireTheFaultThatIsChosen) {
  EXPECT_EQ(target(CommandKind::hang), "/v1/faults/hang");
  EXPECT_EQ(target(CommandKind::crash), "/v1/faults/crash");
  state_.hang_mode = 1;
  state_.crash_way = 2;
  EXPECT_EQ(target(CommandKind::hang), "/v1/faults/hang?mode=sleep");
  EXPECT_EQ(target(CommandKind::crash), "/v1/faults/crash?how=throw");
}

TEST_F(Wishes, KillTheBusiestWorkerOrTheOneThatIsSelected) {
  EXPECT_EQ(signal(CommandKind::kill), "KILL 2");
  state_.selected_worker = 3;
  EXPECT_EQ(signal(CommandKind::kill), "KILL 3");
}

TEST_F(Wishes, KillNobodyWhereNobodyIs) {
  state_.selected_worker = 1;
  now_.workers[0].pid = 0;
  EXPECT_EQ(signal(CommandKind::kill), "KILL 0");
  EXPECT_EQ(signal(CommandKind::toggle_freeze), "STOP 0");
}

TEST_F(Wishes, FreezeAWorkerAndLetTheOneThatIsFrozenGoOn) {
  EXPECT_EQ(signal(CommandKind::toggle_freeze), "STOP 2");
  happens(EventKind::stopped, 1);
  EXPECT_EQ(signal(CommandKind::toggle_freeze), "CONT 1");
  state_.selected_worker = 3;
  EXPECT_EQ(signal(CommandKind::toggle_freeze), "STOP 3");
  state_.selected_worker = 0;
  happens(EventKind::continued, 1);
  EXPECT_EQ(signal(CommandKind::toggle_freeze), "STOP 2");
}

TEST_F(Wishes, ScaleByOne) {
  EXPECT_EQ(std::get<operation::ScaleBy>(wish(CommandKind::more_workers).value()).workers, 1);
  EXPECT_EQ(std::get<operation::ScaleBy>(wish(CommandKind::fewer_workers).value()).workers, -1);
}

TEST_F(Wishes, SwitchProtection) {
  EXPECT_TRUE(std::holds_alternative<operation::ToggleProtection>(
      wish(CommandKind::toggle_protection).value()));
}

TEST_F(Wishes, AreNotWhatChangesThePictureAlone) {
  for (const CommandKind kind :
       {CommandKind::toggle_pause, CommandKind::toggle_help, CommandKind::set_hang_mode,
        CommandKind::confirm, CommandKind::next_lesson_step}) {
    EXPECT_FALSE(wish(kind));
  }
}

}  // namespace
}  // namespace forkscope::app
