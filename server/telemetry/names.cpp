#include "forkscope/telemetry/names.h"

#include <cstring>

namespace forkscope::telemetry {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: break;
  }
  return "?";
}

Method method_of(std::string_view name) {
  if (name == "GET") return Method::get;
  if (name == "POST") return Method::post;
  if (name == "HEAD") return Method::head;
  if (name == "PUT") return Method::put;
  if (name == "PATCH") return Method::patch;
  if (name == "DELETE") return Method::del;
  if (name == "OPTIONS") return Method::options;
  return Method::other;
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::booting: return "booting";
    case Phase::idle: return "idle";
    case Phase::reading: return "reading";
    case Phase::handling: return "handling";
    case Phase::committing: return "committing";
    case Phase::flushing: return "flushing";
  }
  return "unknown";
}

std::string_view to_string(HangKind kind) {
  switch (kind) {
    case HangKind::spin: return "spin";
    case HangKind::blocked: return "blocked";
    case HangKind::stopped: return "stopped";
    case HangKind::none: break;
  }
  return "";
}

std::string_view to_string(MoveReason reason) {
  switch (reason) {
    case MoveReason::hang: return "hang";
    case MoveReason::crash: return "crash";
    case MoveReason::drain: return "drain";
    case MoveReason::balance: return "balance";
    case MoveReason::none: break;
  }
  return "";
}

std::string_view to_string(Protection protection) {
  switch (protection) {
    case Protection::on: return "on";
    case Protection::off: return "off";
    case Protection::unknown: break;
  }
  return "unknown";
}

namespace {

struct PolicyName {
  BalancePolicy policy;
  std::string_view name;
};
constexpr PolicyName kPolicies[] = {
    {BalancePolicy::least, "least"},
    {BalancePolicy::round_robin, "round-robin"},
    {BalancePolicy::two_choices, "two-choices"},
    {BalancePolicy::kernel, "kernel"},
    {BalancePolicy::hash, "hash"},
    {BalancePolicy::random, "random"},
};
constexpr std::string_view kFormerNameOfLeast = "shared";

}  // namespace

std::string_view to_string(BalancePolicy policy) {
  for (const PolicyName& known : kPolicies) {
    if (known.policy == policy) return known.name;
  }
  return "unknown";
}

std::optional<BalancePolicy> balance_policy(std::string_view name) {
  if (name == kFormerNameOfLeast) return BalancePolicy::least;
  for (const PolicyName& known : kPolicies) {
    if (known.name == name) return known.policy;
  }
  return std::nullopt;
}

std::string balance_policy_names() {
  std::string names;
  for (const PolicyName& known : kPolicies) {
    names.append(names.empty() ? "" : ", ").append(known.name);
  }
  return names;
}

std::string check_balance_policy(const std::string& name) {
  return balance_policy(name) ? std::string() : "has to be one of " + balance_policy_names();
}

std::string signal_name(std::uint32_t number) {
  const char* name = number < 65 ? ::sigabbrev_np(static_cast<int>(number)) : nullptr;
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

std::string authority(const std::string& host, std::uint16_t port) {
  std::string name = host.empty() || host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
  if (name.find(':') != std::string::npos) {
    const auto zone = name.find('%');
    if (zone != std::string::npos) name.replace(zone, 1, "%25");  // RFC 6874, section 2
    name = '[' + name + ']';
  }
  return name + ':' + std::to_string(port);
}

}  // namespace forkscope::telemetry
