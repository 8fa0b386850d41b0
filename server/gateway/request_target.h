// The request target (RFC 9112 section 3.2) and the Host that goes with it.
#pragma once

#include <string_view>

namespace forkscope::gateway {

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

/// Whether the text is `uri-host [ ":" port ]` with a host that is not empty (RFC 9110 sections
/// 4.2.1 and 7.2).
bool is_valid_authority(std::string_view text);

}  // namespace forkscope::gateway
