// Words for the numbers of the segment: the log, JSON and the visualizer use the same. A number
// that has no name is told as such, whatever the segment held.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

std::string_view to_string(Method method);          ///< "GET"; "?" for other.
std::string_view to_string(Phase phase);            ///< "idle", "handling", "committing", …
std::string_view to_string(HangKind kind);          ///< "spin", "blocked", "stopped", "" for none.
std::string_view to_string(MoveReason reason);      ///< "hang", "crash", "drain", "balance", or "".
std::string_view to_string(Protection protection);  ///< "on", "off"; "unknown" before 1.3.
std::string_view to_string(BalancePolicy policy);   ///< "least", "round-robin", …, or "unknown".
std::string_view to_string(EventKind kind);         ///< "fork", "listening", … (event_kinds.h).
std::string signal_name(std::uint32_t number);      ///< "SIGKILL", or "signal 77".

/// As a request names it; `other` for one that has no number.
Method method_of(std::string_view name);
/// The policy of that name, or of a name that it had before; nothing for any other.
std::optional<BalancePolicy> balance_policy(std::string_view name);
/// All names, as --balance and the control socket take them: "least, round-robin, …".
std::string balance_policy_names();
/// What is wrong with that name, behind the name of an option; empty: nothing.
std::string check_balance_policy(const std::string& name);

/// What a URL calls a listening address by which clients on the same machine reach it:
/// "127.0.0.1:8000", "[::1]:8000". In place of a wildcard address it names the loopback address.
std::string authority(const std::string& host, std::uint16_t port);

}  // namespace forkscope::telemetry
