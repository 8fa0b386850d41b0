// Reads a JSON object without nesting, member by member, and keeps what a DOM would lose: whether a
// key came twice, and what a number was exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace forkscope::api {

/// An array, an object, or a number that is not an integer of 64 bits (2.0 and 1e2 are integers).
struct OtherJson {};
using JsonValue = std::variant<std::nullptr_t, bool, std::int64_t, std::string, OtherJson>;
using JsonMembers = std::vector<std::pair<std::string, JsonValue>>;

/// In the order of the text, duplicates included. A string says why `text` cannot be read: not
/// JSON, not UTF-8, not an object, too many members or too deeply nested.
std::variant<JsonMembers, std::string> read_json_members(std::string_view text);

}  // namespace forkscope::api
