// Keeps every library in memory until the process ends: preloaded before the C library, its
// dlclose(3) is the one that is called, and does nothing.
//
// Mesa's software driver leaves a few objects to its own global variables when it is unloaded.
// LeakSanitizer, which looks at the very end, then finds nothing that points to them, and a caller
// that no suppression can name any more. While the driver stays, they are reachable, and every
// leak of our own is still reported.
extern "C" int dlclose(void* library);

int dlclose(void* /*library*/) { return 0; }
