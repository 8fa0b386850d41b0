#include "app/wishes.h"

#include "views/subject.h"
#include "words/faults.h"
#include "words/lacks.h"

namespace forkscope::app {

namespace {

using operation::LoadSetting;
using views::CommandKind;

operation::SendSignal signal_to(const telemetry::WorkerReport* worker, const char* name) {
  return {worker ? worker->number : 0, name};
}

operation::SendSignal freeze_or_thaw(const views::View& view) {
  const telemetry::WorkerReport* worker = views::freeze_subject(view);
  const bool frozen = worker && views::is_frozen(view, worker->number);
  return signal_to(worker, frozen ? "CONT" : "STOP");
}

}  // namespace

std::optional<operation::Wish> wish_of(const views::Command& command, const views::View& view) {
  switch (command.kind) {
    case CommandKind::toggle_load: return operation::ToggleLoad{};
    case CommandKind::next_rate: return operation::ChangeLoad{LoadSetting::rate};
    case CommandKind::next_connections: return operation::ChangeLoad{LoadSetting::connections};
    case CommandKind::next_post_share: return operation::ChangeLoad{LoadSetting::post_share};
    case CommandKind::next_long_share: return operation::ChangeLoad{LoadSetting::long_share};
    case CommandKind::toggle_fresh: return operation::ChangeLoad{LoadSetting::fresh};
    case CommandKind::next_balance: return operation::NextBalance{};
    case CommandKind::next_target: return operation::ChangeLoad{LoadSetting::target};
    case CommandKind::hang:
      return operation::Fire{words::hang_target(view.state.hang_mode), words::kFreezeByKey};
    case CommandKind::crash:
      return operation::Fire{words::crash_target(view.state.crash_way), words::kKillByKey};
    case CommandKind::toggle_freeze: return freeze_or_thaw(view);
    case CommandKind::kill: return signal_to(views::kill_subject(view), "KILL");
    case CommandKind::more_workers: return operation::ScaleBy{1};
    case CommandKind::fewer_workers: return operation::ScaleBy{-1};
    case CommandKind::reload: return operation::Reload{};
    case CommandKind::toggle_protection: return operation::ToggleProtection{};
    default: return std::nullopt;
  }
}

}  // namespace forkscope::app
