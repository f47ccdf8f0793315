// Whether this test program runs under a sanitizer, where the same work takes ten times as long: what is done often
// there is done less often, and the whole of it in the other presets.
#pragma once

namespace allocviz::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kThreadSanitized = __has_feature(thread_sanitizer);
#else
inline constexpr bool kThreadSanitized = false;
#endif

// `count`, or a part of it under a sanitizer.
constexpr unsigned long fewer(unsigned long count, unsigned long by = 8) {
  return kSanitized ? count / by : count;
}

}  // namespace allocviz::test
