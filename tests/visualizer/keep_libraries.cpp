// What LeakSanitizer has to know about Mesa, preloaded into the visualizer before the C library.
//
// Mesa's software driver leaves a few objects to its own global variables when it is unloaded.
// LeakSanitizer, which looks at the very end, then finds nothing that points to them, and a caller
// that no suppression can name any more. So every library stays in memory until the process ends:
// the dlclose(3) that is called is this one, and does nothing. Newer versions (25, in Debian 13)
// also lose what their GLX library knows of a screen. Every leak of our own is still reported.
extern "C" {

int dlclose(void* library);
int dlclose(void* /*library*/) { return 0; }

const char* __lsan_default_options();  // NOLINT(bugprone-reserved-identifier): LSan's name
const char* __lsan_default_options() { return "print_suppressions=0"; }

const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier): LSan's name
const char* __lsan_default_suppressions() { return "leak:libGLX_mesa\n"; }
}
