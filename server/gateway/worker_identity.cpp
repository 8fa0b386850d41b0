#include "gateway/worker_identity.h"

namespace forkscope::gateway {

std::string common_lines(const WorkerIdentity& worker, const HeaderFields& common_fields) {
  std::string lines;
  for (const auto& [name, value] : common_fields) lines += name + ": " + value + "\r\n";
  lines += "X-Worker: " + std::to_string(worker.number) + "\r\n";
  lines += "X-Worker-Pid: " + std::to_string(worker.pid) + "\r\n";
  return lines;
}

}  // namespace forkscope::gateway
