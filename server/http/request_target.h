// The request target (RFC 9112 section 3.2) and the Host that goes with it.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::http {

/// Views into the raw target.
struct RequestTarget {
  std::string_view authority;  ///< host [ ":" port ] of the absolute form, otherwise empty.
  /// Path and query, or "*". After an absolute form without a path it is empty or begins with '?'.
  std::string_view origin_form;
};

/// Splits a raw target of characters of kTargetChar. Returns an empty view, or one sentence (a
/// literal) that says what is wrong with the target.
std::string_view split_request_target(std::string_view method, std::string_view raw,
                                      RequestTarget& target);

/// A path in the one form that all who decide by it see: the router, the application, telemetry and
/// so the log. Percent escapes are decoded (RFC 3986 section 6.2.2.2), but for those that stand for
/// something else than their character: %2F is no separator, %25 begins no escape, and control
/// characters are nothing to show to anybody. These stay, in upper case (section 6.2.2.1). Dots and
/// doubled slashes stay as well: who resolves them where a proxy in front has not, opens what that
/// has closed. `path` is one that split_request_target() has let through.
std::string normal_path(std::string_view path);

/// Whether two hexadecimal digits follow every '%' (RFC 3986 section 2.1).
bool has_valid_escapes(std::string_view text);

/// Whether the text is `uri-host [ ":" port ]` with a host that is not empty (RFC 9110 sections
/// 4.2.1 and 7.2).
bool is_valid_authority(std::string_view text);

}  // namespace forkscope::http
