#include "core/analyze/grouping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace allocviz::analyze {

namespace {

constexpr std::array<const char*, 4> kNames{"site", "size", "thread", "tag"};
constexpr std::uint32_t kSizeClasses = 65;  // class c holds the sizes above 2^(c-1) and up to 2^c

// Functions that hand out memory in somebody else's name, without the underscores they may begin with.
constexpr std::array<std::string_view, 37> kAllocating{"malloc",
                                                       "calloc",
                                                       "realloc",
                                                       "reallocarray",
                                                       "memalign",
                                                       "aligned_alloc",
                                                       "posix_memalign",
                                                       "valloc",
                                                       "pvalloc",
                                                       "strdup",
                                                       "strndup",
                                                       "libc_malloc",
                                                       "libc_calloc",
                                                       "libc_realloc",
                                                       "libc_memalign",
                                                       "libc_strdup",
                                                       "Znwm",
                                                       "Znam",
                                                       "Znwj",
                                                       "Znaj",
                                                       "ZnwmRKSt9nothrow_t",
                                                       "ZnamRKSt9nothrow_t",
                                                       "ZnwmSt11align_val_t",
                                                       "ZnamSt11align_val_t",
                                                       "xmalloc",
                                                       "xcalloc",
                                                       "xrealloc",
                                                       "xstrdup",
                                                       "xstrndup",
                                                       "xmemdup",
                                                       "g_malloc",
                                                       "g_malloc0",
                                                       "g_realloc",
                                                       "g_strdup",
                                                       "emalloc",
                                                       "zmalloc",
                                                       "safe_malloc"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The words of a frame, as long as the functions' names could be among them: not of a path, nor of a file's name.
bool allocates(std::string_view frame) {
  if (frame.find("operator new") != std::string_view::npos) return true;
  // std::allocator<T>::allocate(...) and its like; not a vector that has one among its arguments.
  const std::size_t call = frame.find("::allocate(");
  if (call != std::string_view::npos && frame.substr(0, call).find("allocator") != std::string_view::npos) return true;
  for (std::size_t at = 0; at < frame.size();) {
    if (!is_word(frame[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < frame.size() && is_word(frame[at])) ++at;
    const bool of_path =
        (start > 0 && (frame[start - 1] == '/' || frame[start - 1] == '.' || frame[start - 1] == '-')) ||
        (at < frame.size() && (frame[at] == '/' || frame[at] == '.' || frame[at] == '-'));
    if (of_path) continue;
    std::string_view word = frame.substr(start, at - start);
    word.remove_prefix(std::min(word.find_first_not_of('_'), word.size()));
    if (std::find(kAllocating.begin(), kAllocating.end(), word) != kAllocating.end()) return true;
  }
  return false;
}

std::uint32_t size_class(std::uint64_t bytes) {
  return bytes <= 1 ? 0 : static_cast<std::uint32_t>(std::bit_width(bytes - 1));
}

}  // namespace

const char* name_of(GroupBy by) {
  return kNames[static_cast<std::size_t>(by)];
}

std::optional<GroupBy> group_by_of(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<GroupBy>(found - kNames.begin());
}

std::size_t first_frame_of_interest(const trace::Site& site) {
  const auto found = std::find_if_not(site.frames.begin(), site.frames.end(), allocates);
  return found == site.frames.end() ? 0 : static_cast<std::size_t>(found - site.frames.begin());
}

std::string site_label(const trace::Site& site, std::size_t frames) {
  const std::size_t first = first_frame_of_interest(site);
  const std::size_t all = site.frames.size() - first;
  const std::size_t count = frames == kWholeStack ? all : std::min(all, frames);
  std::string label = site.frames[first];
  for (std::size_t i = 1; i < count; ++i) label += " < " + site.frames[first + i];
  return label;
}

std::string folded_stack(const trace::Site& site) {
  std::string stack;
  const std::size_t first = first_frame_of_interest(site);
  for (std::size_t i = site.frames.size(); i-- > first;) {
    if (!stack.empty()) stack += ';';
    // What parts frames and lines cannot stand in one.
    for (const char c : site.frames[i]) stack += c == ';' ? ':' : c == '\n' || c == '\r' ? ' ' : c;
  }
  return stack;
}

Grouping::Grouping(const trace::Trace& trace, GroupBy by, std::size_t frames, Labels labels)
    : trace_(trace), by_(by), frames_(frames) {
  if (by != GroupBy::Site) return;
  of_site_.reserve(trace.sites().size());
  known_.reserve(trace.sites().size());  // never made anew in the midst of a slice
  std::uint64_t all = ~std::uint64_t{0};
  if (labels == Labels::AtOnce) prepare(all);
}

void Grouping::prepare(std::uint64_t& budget) {
  for (; !is_ready() && budget != 0; budget -= std::min(budget, kSiteCost)) {
    std::string label = site_label(trace_.sites()[of_site_.size()], frames_);
    const auto [at, is_new] = known_.try_emplace(label, static_cast<std::uint32_t>(labels_.size()) + 1);
    if (is_new) {
      labels_.push_back(std::move(label));
      first_sites_.push_back(static_cast<std::uint32_t>(of_site_.size()) + 1);
    }
    of_site_.push_back(at->second);
  }
  if (is_ready()) known_ = {};
}

std::uint32_t Grouping::thread_group(const trace::Event& event) {
  if (!event.has(trace::kHasThread)) return 0;
  const auto [at, is_new] = of_thread_.try_emplace(event.thread, static_cast<std::uint32_t>(threads_.size()) + 1);
  if (is_new) threads_.push_back(event.thread);
  return at->second;
}

std::uint32_t Grouping::group_of(const trace::Event& event) {
  switch (by_) {
    case GroupBy::Site:
      return event.site == 0 ? 0 : of_site_[event.site - 1];
    case GroupBy::Size:
      return size_class(event.size);
    case GroupBy::Thread:
      return thread_group(event);
    case GroupBy::Tag:
      return event.tag;
  }
  return 0;
}

std::uint32_t Grouping::count() const {
  switch (by_) {
    case GroupBy::Site:
      return static_cast<std::uint32_t>(labels_.size()) + 1;
    case GroupBy::Size:
      return kSizeClasses;
    case GroupBy::Thread:
      return static_cast<std::uint32_t>(threads_.size()) + 1;
    case GroupBy::Tag:
      return static_cast<std::uint32_t>(trace_.tags().size()) + 1;
  }
  return 0;
}

std::string Grouping::label(std::uint32_t group) const {
  switch (by_) {
    case GroupBy::Site:
      return group == 0 ? "no call site" : labels_[group - 1];
    case GroupBy::Size:
      if (group <= 1) return group == 0 ? "≤ 1 B" : "2 B";
      if (group > 63) return "> " + trace::size_text(std::uint64_t{1} << 63);
      return fmt::format("{} … {}", trace::size_text((std::uint64_t{1} << (group - 1)) + 1),
                         trace::size_text(std::uint64_t{1} << group));
    case GroupBy::Thread:
      return group == 0 ? "thread not said" : fmt::format("thread {}", threads_[group - 1]);
    case GroupBy::Tag:
      return group == 0 ? "no tag" : trace_.tags()[group - 1];
  }
  return {};
}

std::optional<std::uint64_t> Grouping::number(std::uint32_t group) const {
  if (by_ == GroupBy::Size && group <= 63) return std::uint64_t{1} << group;
  if (by_ == GroupBy::Thread && group != 0) return threads_[group - 1];
  return std::nullopt;
}

bool Grouping::is_unsaid(std::uint32_t group) const {
  return group == 0 && by_ != GroupBy::Size;
}

}  // namespace allocviz::analyze
