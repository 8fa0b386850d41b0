// One worker as a row: state, lane, rate, and what is going on or has happened to it.
#pragma once

#include <span>
#include <string_view>

#include "forkscope/telemetry/worker_report.h"
#include "views/gaps.h"
#include "views/painter.h"
#include "views/view.h"
#include "words/look.h"
#include "words/phrase.h"
#include "words/rates.h"
#include "words/reason.h"

namespace forkscope::views {

/// What a row needs beside its worker. Borrows everything.
struct RowContext {
  float lane_top;                ///< Requests per bin at the lane's upper edge.
  const words::Sentence& story;  ///< What has happened to the worker lately, or nothing.
  const words::Reasons& reasons;
  std::span<const Gap> gaps;
  const words::Rates& rates;
  std::string_view widest_number;  ///< "00": the columns of all rows begin at the same places.
};

/// A row shows what it has room for: a tall one everything, a narrow one no process details.
/// Returns where its lane is: at the same place in rows of the same size, so that one moment is
/// above the other.
Rect draw_worker_row(const Painter& painter, const Rect& rect, const View& view,
                     const telemetry::WorkerReport& worker, const RowContext& context);

/// The figures of the worker at the last calm moment; falls back to the newest.
const telemetry::WorkerReport& calm_report(const View& view, const telemetry::WorkerReport& worker);

}  // namespace forkscope::views
