// What a program asked for, in order: one event a row, held as columns.
//
//   op    | free  alloc alloc realloc mark ...        1 B
//   slot  | 0     0     1     1       -               which of the blocks live at this moment is meant
//   id    | 17    18    "A"   "A"     -               the name the log gives it
//   size, align, time, thread, site, tag, addr        each as wide as it has to be (core/trace/column.h)
//   notes, mark names, unknown fields                 sparse, beside the columns
//
// A slot is a small number that stands for a live block from its alloc to its free and is used again afterwards, so
// whoever replays a trace keeps its blocks in an array of slot_count() entries and never hashes an id.
//   I1  every column holds size() values.
//   I2  between an Alloc (or Realloc) of slot s and the Free of s, no other block has slot s.
//   I3  slot < slot_count() <= peak of ids live at once, or slot = kNoSlot where the event concerns no live id.
//   I4  notes, tags, names, sites and mark names are valid UTF-8; what a log says in other bytes holds U+FFFD instead.
// Events are indexed from 0 here; people, files and the command line count them from 1.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/column.h"
#include "core/trace/spec.h"
#include "core/trace/trouble.h"

namespace allocviz::trace {

enum class Op : std::uint8_t { Alloc, Free, Realloc, Reset, Mark };
[[nodiscard]] std::string_view word_of(Op op);  // "alloc", "free", "realloc", "reset", "mark"

inline constexpr std::uint32_t kNoSlot = 0xffff'ffffu;
inline constexpr std::uint64_t kNoEvent = ~std::uint64_t{0};
inline constexpr std::uint64_t kNoAddr = 0;  // no recorded program has a block at address 0

// What the log says of an event beyond its op. All of it is known from the log alone, before any replay.
enum EventFlag : std::uint8_t {
  kFailedThere = 1u << 0,   // ok: false; shown, counted, not replayed; slot = kNoSlot
  kNullFree = 1u << 1,      // free of the null pointer: does nothing
  kUnknownId = 1u << 2,     // Free of an id that is not live (does nothing) or Realloc of one (acts as Alloc)
  kImplicitFree = 1u << 3,  // Alloc of an id that is live: that block is freed first, the slot stays
  kByOffset = 1u << 4,      // Free by offset: reaches the allocator unfiltered; `offset` instead of id, no slot
  kNamedId = 1u << 5,       // `id` is an index into names(), else the number itself
  kHasId = 1u << 6,         // the event has an id at all
  kHasThread = 1u << 7,     // the log says which thread it was
};

// One row, gathered from the columns.
struct Event {
  Op op = Op::Alloc;
  std::uint8_t flags = 0;
  std::uint8_t align_log2 = 0;
  std::uint32_t slot = kNoSlot;
  std::uint64_t id = 0;
  std::uint64_t size = 0;     // bytes requested (Alloc, Realloc); on others whatever the log says, without meaning
  std::uint64_t offset = 0;   // kByOffset only
  std::uint64_t time_ns = 0;  // since the start; 0 where the log does not say
  std::uint64_t thread = 0;
  std::uint32_t site = 0;        // 1 + index into sites(), 0 = none
  std::uint32_t tag = 0;         // 1 + index into tags(), 0 = none
  std::uint64_t addr = kNoAddr;  // where the recorded program had it

  [[nodiscard]] bool has(EventFlag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] std::uint64_t align() const { return std::uint64_t{1} << align_log2; }
  bool operator==(const Event&) const = default;
};

// What can be counted in a log without replaying it. The names are those of `alloctrace info --json`.
struct Facts {
  std::uint64_t allocs = 0, frees = 0, reallocs = 0, resets = 0, marks = 0;
  std::uint64_t unknown_frees = 0, null_frees = 0, implicit_frees = 0, unknown_reallocs = 0, failed_requests = 0;
  std::uint64_t peak_live_bytes = 0, peak_live_blocks = 0, largest_request = 0;
  std::uint64_t live_bytes_at_end = 0, live_blocks_at_end = 0;
  std::uint64_t threads = 0;  // 0 = the log does not say
  [[nodiscard]] std::uint64_t events() const { return allocs + frees + reallocs; }
  bool operator==(const Facts&) const = default;
};

struct Site {                       // a call site: one line, or a stack, innermost first
  std::vector<std::string> frames;  // never empty
  bool stack = false;               // written as an array even with one frame
  bool operator==(const Site&) const = default;
};

// A process (of a GPU's log: a device) of a log that holds several.
struct LoggedProcess {
  std::uint64_t number = 0;
  std::uint64_t events = 0;  // 0: another was asked for, and these were not counted
  bool operator==(const LoggedProcess&) const = default;
};

struct Header {
  std::string name;
  std::string about;                      // Markdown
  std::vector<AllocatorSpec> allocators;  // empty: default_spec(peak) is used, and the user is told
  std::optional<std::uint64_t> default_align;
  std::string format = "allocviz-trace";     // what it was read from: "mtrace", "heaptrack-raw", ...
  bool rows = false;                         // the file named its columns
  std::map<std::string, std::string> extra;  // unknown header fields, as JSON text, kept for the round trip
  std::vector<LoggedProcess> processes;      // of the log, in its order; empty: one alone, or the format does not tell
  std::uint64_t process = 0;                 // of several: the number of the one that the events are of

  // The log does not tell which block some of its frees end, or when: what says how long blocks lived is a guess. Kept
  // as a field of the header, `"lifetimes": "approximate"`, so that a trace made of such a log says so too.
  void set_approximate_lifetimes();
  [[nodiscard]] bool has_approximate_lifetimes() const;

  // Frees among the events that the log itself does not have: a block was moved to where another one lived. Kept as a
  // field of the header, `"added_frees": 3`, for a trace made of such a log to be counted as the log is.
  void set_added_frees(std::uint64_t count);
  [[nodiscard]] std::uint64_t added_frees() const;
};

// What a reader found of one event. Ids are resolved, checked and counted by the TraceBuilder, alike for every format.
struct RawEvent {
  Op op = Op::Alloc;
  enum class Id : std::uint8_t { None, Null, Number, Name } id_kind = Id::None;
  std::uint64_t id_number = 0;
  std::string_view id_name{};
  std::uint64_t size = 0;
  std::optional<std::uint64_t> align{};   // bytes, a power of two; absent = the header's default, else 1
  std::optional<std::uint64_t> offset{};  // Free by offset
  std::optional<std::uint64_t> time_ns{}, thread{};
  std::uint32_t site = 0;  // as in Event
  std::string_view tag{};  // empty = none
  std::uint64_t addr = kNoAddr;
  bool ok = true;
  std::string_view mark_name{};  // of a Mark, or a mark set on any other event; empty on those = none
  std::string_view note{};       // empty = none
  std::string_view extra{};      // unknown fields as the inside of a JSON object, empty = none
};

class Trace {
 public:
  [[nodiscard]] std::uint64_t size() const { return op_.size(); }
  // O(1); for the few events that free by offset O(log of how many they are).
  [[nodiscard]] Event event(std::uint64_t index) const;
  // Its op, flags, slot, size, alignment and offset alone: what a replay acts on. O(1), and half the work.
  [[nodiscard]] Event request(std::uint64_t index) const;
  // Those from `first` on, as many as there is room for (first + out.size() <= size()): event() or request() of each,
  // in a fraction of the time.
  void events(std::uint64_t first, std::span<Event> out) const;
  void requests(std::uint64_t first, std::span<Event> out) const;
  // The two columns a replay of everything touches most, without gathering the row.
  [[nodiscard]] Op op(std::uint64_t index) const { return static_cast<Op>(op_[index]); }
  [[nodiscard]] std::uint64_t time_ns(std::uint64_t index) const { return time_[index]; }  // as in Event
  [[nodiscard]] std::uint8_t flags(std::uint64_t index) const { return static_cast<std::uint8_t>(flags_[index]); }

  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] Header& header() { return header_; }  // the document's own, edited through viz/app/update only
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] std::uint32_t slot_count() const { return slot_count_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::vector<Site>& sites() const { return sites_; }
  [[nodiscard]] const std::vector<std::string>& tags() const { return tags_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  [[nodiscard]] bool has_times() const { return time_.any(); }
  [[nodiscard]] bool has_threads() const { return facts_.threads != 0; }
  [[nodiscard]] bool has_addresses() const { return addr_.any(); }
  [[nodiscard]] bool has_sites() const { return !sites_.empty(); }
  [[nodiscard]] bool is_borrowed() const { return borrowed_from_ != nullptr; }  // from a mapped cache file

  // The event's id as people see it: "A", "17", or "" where it has none. O(1).
  [[nodiscard]] std::string id_text(std::uint64_t index) const;
  [[nodiscard]] std::string id_text(const Event& event) const;
  // For an Alloc or Realloc that made a block: the Free, Realloc, Reset or implicitly freeing Alloc that ended it.
  // For a Free, a Realloc or an implicitly freeing Alloc: the event that made the block it ends. kNoEvent where there
  // is none. O(1), began_at of a Realloc or an implicitly freeing Alloc O(log of how many of those there are).
  [[nodiscard]] std::uint64_t ended_at(std::uint64_t index) const;
  [[nodiscard]] std::uint64_t began_at(std::uint64_t index) const;
  // Notes, names of marks (a Mark, or a mark set on another event) and unknown fields; nullptr where the event has
  // none. O(log of how many there are).
  [[nodiscard]] const std::string* note(std::uint64_t index) const;
  [[nodiscard]] const std::string* mark_name(std::uint64_t index) const;
  [[nodiscard]] const std::string* extra(std::uint64_t index) const;
  [[nodiscard]] const std::map<std::uint64_t, std::string>& marks() const { return mark_names_; }
  [[nodiscard]] const std::map<std::uint64_t, std::string>& notes() const { return notes_; }
  // A note, or a mark on an event that is itself none: set by hand, empty = taken away; a Mark keeps at least its
  // place. The document's own, edited through viz/app/update only. O(log of how many there are).
  void set_note(std::uint64_t index, std::string text);
  void set_mark(std::uint64_t index, std::string name);
  [[nodiscard]] bool has_extras() const { return !extras_.empty(); }

  // The configurations to open it with: the header's, or default_spec of its peak.
  [[nodiscard]] std::vector<AllocatorSpec> specs_to_open() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  friend class TraceBuilder;
  friend class TraceImage;
  template <bool kAll>
  void gather(std::uint64_t first, std::span<Event> out) const;

  Column op_, flags_, align_log2_, slot_, id_, size_, time_, thread_, site_, tag_, addr_, partner_;
  static constexpr std::array<Column Trace::*, 12> kColumns = {
      &Trace::op_,   &Trace::flags_,  &Trace::align_log2_, &Trace::slot_, &Trace::id_,   &Trace::size_,
      &Trace::time_, &Trace::thread_, &Trace::site_,       &Trace::tag_,  &Trace::addr_, &Trace::partner_};
  std::shared_ptr<const void> borrowed_from_;  // the mapped file that the columns' bytes are in
  Header header_;
  Facts facts_;
  std::uint32_t slot_count_ = 0;
  std::vector<std::string> names_, tags_, warnings_;
  std::vector<Site> sites_;
  std::map<std::uint64_t, std::string> notes_, mark_names_, extras_;
  std::map<std::uint64_t, std::uint64_t> offsets_;  // of the few events that free by offset
  // partner_ holds 1 + the event that ends the block this event made, or, on a Free, 1 + the event that made it; 0 for
  // none. What does both (Realloc, implicitly freeing Alloc) has the event that made the block it ended here, sorted.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> began_;
};

inline Event Trace::request(std::uint64_t index) const {
  Event event;
  event.op = op(index);
  event.flags = flags(index);
  event.align_log2 = static_cast<std::uint8_t>(align_log2_[index]);
  event.slot = static_cast<std::uint32_t>(slot_[index]) - 1;  // held as 1 + slot: 0 - 1 = kNoSlot
  event.size = size_[index];
  if (event.has(kByOffset)) event.offset = offsets_.find(index)->second;
  return event;
}

inline Event Trace::event(std::uint64_t index) const {
  Event event = request(index);
  event.id = id_[index];
  event.time_ns = time_[index];
  event.thread = thread_[index];
  event.site = static_cast<std::uint32_t>(site_[index]);
  event.tag = static_cast<std::uint32_t>(tag_[index]);
  event.addr = addr_[index];
  return event;
}

// Whether two traces say the same: events, sites, header and facts. How a file was spelled (format, rows) and what its
// reader warned of are not part of that. `difference` says the first thing that differs, "" when nothing does. O(size).
[[nodiscard]] std::string difference(const Trace& a, const Trace& b);
[[nodiscard]] inline bool equal(const Trace& a, const Trace& b) {
  return difference(a, b).empty();
}

class TraceBuilder;

// Sees a trace grow, on the thread that reads it. Readers whose events come from one builder, each once and in order,
// hand it theirs; the others do not, and it hears nothing.
class TraceWatcher {
 public:
  virtual void grown(const TraceBuilder& builder) = 0;

 protected:
  ~TraceWatcher() = default;
};

// Appends events and resolves what they mean: slots, partners, unknown and implicit frees, facts.
// Every reader, of our own format or a foreign one, ends here, so all of them count alike.
class TraceBuilder {
 public:
  TraceBuilder();
  ~TraceBuilder();
  TraceBuilder(TraceBuilder&&) noexcept;
  TraceBuilder& operator=(TraceBuilder&&) noexcept;

  [[nodiscard]] Header& header();
  // For who knows the header's default before the first event, and that it stays: events that name none need not wait
  // for the end of the log.
  void set_default_align(std::uint64_t align);
  // For who knows of what the recorded allocator's blocks are made, a power of two of bytes: the trace names a buddy
  // with such smallest blocks, its arena by the peak as of a log that names none. Only the end of the log tells the
  // peak, hence not by header(); and who replays it meanwhile is told of the same buddy by specs_to_open().
  void name_buddy_of(std::uint64_t min_block_bytes);
  // Refuses only what no reader may pass on: size above 2^63-1, an alignment that is no power of two, a missing id, an
  // offset or a failure where there can be none, a time that goes back within its thread. The Trouble names the field
  // and the event, and nothing was appended; the caller adds file and line. Amortised O(1).
  Status append(const RawEvent& event);
  // What events that will be appended are going to touch is brought nearer: among a million live blocks an event alone
  // waits for memory three times. First where each id would stand, as soon as it is known, then what that leads to, of
  // a run of them at once.
  void prefetch(const RawEvent& event) const;
  void prefetch(std::span<const RawEvent> events) const;
  std::uint32_t add_site(Site site);              // returns 1 + its index; equal sites are stored once
  std::uint32_t add_site(std::string_view line);  // of one line; allocates only for a line not seen before
  void set_sites(std::vector<Site> sites);        // a file's own table, kept in its order (duplicates included)
  [[nodiscard]] std::uint64_t site_count() const;
  void warn(std::string text);
  [[nodiscard]] std::uint64_t size() const;

  // Called with this builder at every kWatchedEvents-th event from now on; may be null.
  void watch(TraceWatcher* watcher);
  static constexpr std::uint64_t kWatchedEvents = 4096;
  // What finish() would say of the trace were this all of it: as Trace::request() of those from `first` on (which
  // changes nothing else in `into`), slot_count(), specs_to_open(). They have to be there, and in whole kWatchedEvents.
  void requests(std::uint64_t first, std::span<Event> into) const;
  [[nodiscard]] std::uint32_t slot_count() const;
  [[nodiscard]] std::vector<AllocatorSpec> specs_to_open() const;
  [[nodiscard]] std::uint64_t default_align() const;

  // A site that no table explains (the file was cut before it) is taken out of the events.
  [[nodiscard]] Trace finish() &&;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace allocviz::trace
