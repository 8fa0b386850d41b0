#include "text/wish_keys.h"

#include <cctype>

#include "words/faults.h"
#include "words/lacks.h"

namespace forkscope::text {

namespace {

operation::Wish kill(const telemetry::WorkerReport* worker) {
  return operation::SendSignal{worker ? worker->number : 0, "KILL"};
}

}  // namespace

std::optional<operation::Wish> wish_of(std::string_view key, const picture::Snapshot& now) {
  if (key.size() != 1) return std::nullopt;
  switch (std::tolower(static_cast<unsigned char>(key.front()))) {
    case 'h': return operation::Fire{words::hang_target(0), words::kFreezeByShell};
    case 'c': return operation::Fire{words::crash_target(0), words::kKillByKey};
    case 'k': return kill(picture::busiest_worker(now, now));
    case 'l': return operation::ToggleLoad{};
    case 't': return operation::ChangeLoad{operation::LoadSetting::target};
    case 'o': return operation::ToggleProtection{};
    case 'b': return operation::NextBalance{};
    case 's': return operation::LookAtNext{};
    default: return std::nullopt;
  }
}

}  // namespace forkscope::text
