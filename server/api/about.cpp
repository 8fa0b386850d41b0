// In a file of its own: from a library the linker takes it only for a server that has no other one.
#include "api/application.h"

namespace forkscope::api {

About about() { return {}; }

}  // namespace forkscope::api
