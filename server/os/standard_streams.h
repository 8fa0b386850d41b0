// Descriptors 0, 1 and 2.
#pragma once

namespace forkscope::os {

/// Whichever of them is closed becomes /dev/null: otherwise the next file that is opened, a
/// database perhaps, would get its number, and what is printed would go there. First thing in main.
void open_standard_streams();

}  // namespace forkscope::os
