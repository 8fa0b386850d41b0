// The keys of the terminal view that are wishes: H, C, K, L and O as in the window, T for what the
// load asks for, and S for the next server.
#pragma once

#include <optional>
#include <string_view>

#include "operation/wish.h"
#include "picture/snapshot.h"

namespace forkscope::text {

/// `key` as KeyReader gives it, `now` the server as it is. Nothing: not one of these.
std::optional<operation::Wish> wish_of(std::string_view key, const picture::Snapshot& now);

}  // namespace forkscope::text
