// Logs of a kernel's pages: what they open on, and what is compared with it.
#include <fmt/format.h>

#include <string>

#include "tests/app_opening_support.h"

namespace {

using namespace app_opening_test;

using AppPages = AppOpening;

TEST_F(AppPages, a_log_of_kernel_pages_is_on_a_buddy_of_pages_with_the_kernels_own_beside_it) {
  const std::string log =
      "cc1-7 [000] ..... 1052.004429: mm_page_alloc: page=0000 pfn=1523917 order=0\n"
      "cc1-7 [000] ..... 1052.004430: mm_page_alloc: page=0000 pfn=1523920 order=2\n";
  app::OpenRequest request;
  request.path = write("pages.txt", log);
  app::adopt(state, app::open_now(request).value());
  ASSERT_EQ(state.stages.size(), 1u);
  EXPECT_EQ(trace::to_text(state.timeline().spec()), "buddy:arena=64KiB,min=4KiB");
  EXPECT_FALSE(state.document.default_spec);
  act(state, Do::PresetCompare);
  ASSERT_EQ(state.stages.size(), 2u);
  EXPECT_EQ(state.timeline(1).spec().kind, trace::AllocatorKind::Recorded);
  act(state, {.what = Do::RemoveStage, .stage = 0});
  act(state, Do::PresetCompare);
  ASSERT_EQ(state.stages.size(), 2u);
  EXPECT_EQ(trace::to_text(state.timeline(1).spec()), "buddy:arena=64KiB,min=4KiB");
}

TEST_F(AppPages, a_long_log_of_kernel_pages_is_on_a_buddy_of_pages_from_its_first_part_on) {
  std::string log;
  for (int i = 0; i < 2000; ++i)
    log += fmt::format("cc1-7 [000] ..... 1052.{:06}: mm_page_alloc: page=0000 pfn={} order=0\n", i, 1000 + i);
  begin(write("pages.txt", log));
  const trace::AllocatorSpec part = state.timeline().spec();
  EXPECT_EQ(part, trace::default_spec(state.document.trace->facts().peak_live_bytes, 4096));
  finish();
  EXPECT_EQ(events(), 2000u);
  EXPECT_EQ(trace::to_text(state.timeline().spec()), "buddy:arena=16MiB,min=4KiB");
  EXPECT_LT(part.arena_bytes, state.timeline().spec().arena_bytes);
  EXPECT_FALSE(state.document.edited);
}

}  // namespace
