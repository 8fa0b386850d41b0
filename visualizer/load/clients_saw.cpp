#include "load/clients_saw.h"

#include "words/format.h"

namespace forkscope::load {

std::string clients_saw(const LoadStatus& status) {
  std::string saw = "clients saw: " + words::grouped(status.broken) + " broken, " +
                    words::grouped(status.failed) + " failed";
  if (status.failed_status > 0) saw += " (status " + std::to_string(status.failed_status) + ')';
  if (status.ended > 0) saw += ", " + words::grouped(status.ended) + " closed at rest";
  if (status.refused > 0) saw += ", " + words::grouped(status.refused) + " refused";
  return saw;
}

}  // namespace forkscope::load
