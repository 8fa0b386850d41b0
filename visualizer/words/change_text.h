// Changes that somebody asked for, in sentences: the window and the text view say the same.
#pragma once

#include <cstdint>

#include "history/changes.h"
#include "words/phrase.h"

namespace forkscope::words {

/// Of one that is over: "Reload: 4 of 4 replaced in 0.3 s · 30 connections moved · no request
/// lost", "Scaled from 4 to 6 workers in 61 ms". Of one that is not, at `now_ns`: "RELOAD 0.2 s ·
/// 2 of 4 replaced · …", "SCALING 0.1 s · from 4 to 6 workers".
Sentence change_text(const history::Change& change, std::uint64_t now_ns);

}  // namespace forkscope::words
