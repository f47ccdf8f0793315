// What events are sorted by: call site, size, thread or tag; and what each group is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::analyze {

enum class GroupBy : std::uint8_t { Site, Size, Thread, Tag };
[[nodiscard]] const char* name_of(GroupBy by);  // "site"
[[nodiscard]] std::optional<GroupBy> group_by_of(std::string_view name);

// How many frames of a stack tell one site from another, the innermost first; 0 = all of them.
inline constexpr std::size_t kWholeStack = 0;

// Where a stack leaves the allocator: the index of the first frame that is neither an allocation function (malloc,
// operator new ...) nor one of the usual wrappers (xmalloc, g_malloc, std::allocator ...). 0 where all are.
[[nodiscard]] std::size_t first_frame_of_interest(const trace::Site& site);
// The frames from there on, outermost first, as flame graphs are made of: "_start;main;parse_header".
[[nodiscard]] std::string folded_stack(const trace::Site& site);
// "parse_header < main < _start": `frames` of them from there on.
[[nodiscard]] std::string site_label(const trace::Site& site, std::size_t frames);

// Groups are numbered from 0 as they are met; a number stays the group's own.
class Grouping {
 public:
  // Labels of call sites are made at once, O(sites), or later by prepare(). The trace must outlive it.
  enum class Labels : std::uint8_t { AtOnce, Later };
  Grouping(const trace::Trace& trace, GroupBy by, std::size_t frames = 1, Labels labels = Labels::AtOnce);
  // Labels some more call sites, as many as `budget` pays for: kSiteCost each. Only then can anything be grouped.
  static constexpr std::uint64_t kSiteCost = 20;  // about what as many events cost to sum up
  void prepare(std::uint64_t& budget);
  [[nodiscard]] bool is_ready() const { return by_ != GroupBy::Site || of_site_.size() == trace_.sites().size(); }
  [[nodiscard]] GroupBy by() const { return by_; }
  [[nodiscard]] std::size_t frames() const { return frames_; }
  // Of an event with a size, a site, a thread and a tag. O(1).
  [[nodiscard]] std::uint32_t group_of(const trace::Event& event);
  [[nodiscard]] std::uint32_t count() const;
  [[nodiscard]] std::string label(std::uint32_t group) const;
  // A number for what all events of the group have: the class's largest size, the thread; nothing where the log does
  // not say, and for sites and tags.
  [[nodiscard]] std::optional<std::uint64_t> number(std::uint32_t group) const;
  // One of the call sites that the group is of, counted from 1 as events count them; 0 = none. By site alone.
  [[nodiscard]] std::uint32_t site(std::uint32_t group) const { return group == 0 ? 0 : first_sites_[group - 1]; }
  [[nodiscard]] bool is_unsaid(std::uint32_t group) const;  // "no site", "thread not said"

 private:
  std::uint32_t thread_group(const trace::Event& event);

  const trace::Trace& trace_;
  GroupBy by_;
  std::size_t frames_;
  std::vector<std::uint32_t> of_site_;                    // site index (from 0) -> group
  std::vector<std::string> labels_;                       // by site: of groups 1 ...; group 0 has no site
  std::vector<std::uint32_t> first_sites_;                // likewise, of each the first site it is of, from 1
  std::unordered_map<std::string, std::uint32_t> known_;  // label -> group, until all are labelled
  std::unordered_map<std::uint64_t, std::uint32_t> of_thread_;
  std::vector<std::uint64_t> threads_;  // by thread: of groups 1 ...
};

}  // namespace allocviz::analyze
