#include "forkscope/telemetry/process_tree.h"

#include <dirent.h>

#include <charconv>
#include <cstring>
#include <map>
#include <memory>

namespace forkscope::telemetry {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Of what stands for the whole, the highest.
int rank(char state) {
  switch (state) {
    case 't': return 4;  // a debugger holds it
    case 'R': return 3;
    case 'S':
    case 'D':
    case 'I': return 2;
    case 'T': return 1;
    default: return 0;
  }
}

}  // namespace

std::vector<TreeProcess> process_tree(std::uint32_t root) {
  std::multimap<std::uint32_t, TreeProcess> by_parent;
  const std::unique_ptr<DIR, CloseDirectory> proc(::opendir("/proc"));
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    std::uint32_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr != end || pid == root) continue;
    const TreeProcess process{pid, process_stat(pid)};
    by_parent.emplace(process.stat.parent, process);
  }
  std::vector<TreeProcess> tree = {{root, process_stat(root)}};
  if (tree.front().stat.state == '?') return {};
  // A pid that was given away anew while we looked cannot lead in circles: each is taken out.
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [first, last] = by_parent.equal_range(tree[i].pid);
    for (auto child = first; child != last; ++child) tree.push_back(child->second);
    by_parent.erase(first, last);
  }
  return tree;
}

ProcessStat tree_stat(const std::vector<TreeProcess>& tree) {
  if (tree.empty()) return {};
  ProcessStat whole = tree.front().stat;
  if (tree.size() == 1) return whole;
  int highest = -1;
  for (std::size_t i = 1; i < tree.size(); ++i) {
    const ProcessStat& stat = tree[i].stat;
    whole.cpu_ticks += stat.cpu_ticks;
    if (rank(stat.state) <= highest) continue;
    highest = rank(stat.state);
    whole.state = stat.state;
    whole.core = stat.core;
  }
  return whole;
}

}  // namespace forkscope::telemetry
