// What the program is called: as it was started, so that messages name a server of somebody else's
// as its user knows it.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace forkscope::os {

/// Without its folder; program_invocation_short_name(3).
inline std::string program_name() { return program_invocation_short_name; }

/// That name without "-server": what stands for it where there is little room.
std::string short_name(std::string_view program);

/// What a process of that program is called that has a role and a number: "poll worker 3" of
/// poll-server. In 15 bytes, which is all that the kernel keeps (PR_SET_NAME, prctl(2)): a longer
/// name of the program is cut, and the number never.
std::string process_name(std::string_view program, std::string_view role, unsigned number);

/// Has ps(1) and top(1) show that of this process.
void name_process(std::string_view role, unsigned number);

}  // namespace forkscope::os
