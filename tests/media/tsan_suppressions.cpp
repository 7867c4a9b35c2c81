// FFmpeg's libraries are not built with ThreadSanitizer, which therefore does not see how the threads of one
// decoder wait for each other.
#ifdef __SANITIZE_THREAD__
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libavcodec.so\n";
}
#endif
