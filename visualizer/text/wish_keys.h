// The keys of the terminal view that are wishes: H, C, L and O as in the window, and S for the
// next server.
#pragma once

#include <optional>
#include <string_view>

#include "operation/wish.h"

namespace forkscope::text {

/// `key` as KeyReader gives it. Nothing: not one of these.
std::optional<operation::Wish> wish_of(std::string_view key);

}  // namespace forkscope::text
