#include "core/replay/kept.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/replay/builder.h"
#include "core/trace/cache_image.h"
#include "core/trace/file.h"
#include "core/trace/versions.h"

namespace allocviz::replay {
namespace {

constexpr std::string_view kMagic = "avreplay";
constexpr std::size_t kBlock = trace::kIoBlock;  // what is summed up at once, by who writes and by who reads

template <class T>
concept Plain = std::is_trivially_copyable_v<T>;
template <class T>
concept Parted = requires(T& whole) {
  T::each_part(whole, [](auto&) {});
};
template <class T>
concept Growing = requires(T& table) {
  table.resize(std::size_t{});
};

// The parts of an account from the first to the last, numbers and tables as they lie in memory: one list of them, each
// class's own, for both directions.
template <class Direction>
class Parts {
 public:
  template <class Part>
  void operator()(Part& part) {
    using T = std::remove_const_t<Part>;
    if constexpr (Parted<T>) {
      T::each_part(part, *this);
    } else if constexpr (Plain<T>) {
      direction().bytes(&part, sizeof part);
    } else {
      using Each = typename T::value_type;
      if constexpr (Growing<T>) direction().size_of(part, Plain<Each> ? sizeof(Each) : sizeof(std::uint64_t));
      if constexpr (Plain<Each>) {
        direction().bytes(part.data(), part.size() * sizeof(Each));
      } else {
        for (auto& each : part) (*this)(each);
      }
    }
  }

 private:
  Direction& direction() { return static_cast<Direction&>(*this); }
};

class Counter : public Parts<Counter> {
 public:
  void bytes(const void*, std::size_t count) { counted += count; }
  template <class T>
  void size_of(const T&, std::size_t) {
    counted += sizeof(std::uint64_t);
  }
  std::uint64_t counted = 0;
};

// Puts what comes into blocks, sums them up and hands them to the file; after the first trouble, nothing.
class Writer : public Parts<Writer> {
 public:
  Writer(trace::AtomicFile& file, const trace::Progress& progress) : file_(file), progress_(progress) {
    block_.reserve(kBlock);
  }
  void bytes(const void* from, std::size_t count) {
    std::string_view rest(static_cast<const char*>(from), count);
    while (!rest.empty() && status_.ok()) {
      const std::size_t part = std::min(rest.size(), kBlock - block_.size());
      block_ += rest.substr(0, part);
      rest.remove_prefix(part);
      if (block_.size() == kBlock) write_block();
    }
  }
  template <class T>
  void size_of(const T& table, std::size_t) {
    const std::uint64_t size = table.size();
    bytes(&size, sizeof size);
  }
  // The last block and the sum of all.
  [[nodiscard]] trace::Status end() {
    if (!block_.empty() && status_.ok()) write_block();
    if (!status_.ok()) return std::move(status_);
    return file_.write({reinterpret_cast<const char*>(&sum_), sizeof sum_});
  }

 private:
  void write_block() {
    sum_ = trace::hash_bytes(std::as_bytes(std::span(block_)), sum_);
    status_ = progress_.stop() ? trace::Status(trace::Trouble{"cancelled", {}, ""}) : file_.write(block_);
    block_.clear();
  }

  trace::AtomicFile& file_;
  const trace::Progress& progress_;
  std::string block_;
  std::uint64_t sum_ = 0;
  trace::Status status_ = trace::Done{};
};

// Gives back what a Writer wrote. Once something does not fit, nothing more is read and good() stays false.
class Reader : public Parts<Reader> {
 public:
  // file_bytes: what is in it, of which the sum at its end is none of the parts.
  Reader(int fd, std::uint64_t file_bytes, const trace::Progress& progress)
      : progress_(progress),
        fd_(fd),
        all_(file_bytes),
        left_(file_bytes - std::min<std::uint64_t>(file_bytes, sizeof sum_)),
        good_(file_bytes > sizeof sum_) {}

  [[nodiscard]] bool good() const { return good_; }
  void expect(bool truth) { good_ = good_ && truth; }
  void bytes(void* to, std::size_t count) {
    auto* out = static_cast<std::byte*>(to);
    expect(count <= left_);
    while (count != 0 && good_) {
      if (at_ == block_.size() && !read_block()) return;
      const std::size_t part = std::min(count, block_.size() - at_);
      std::memcpy(out, block_.data() + at_, part);
      out += part;
      at_ += part;
      left_ -= part;
      count -= part;
    }
  }
  // No size makes anybody take more room than the file holds.
  template <class T>
  void size_of(T& table, std::size_t each_bytes) {
    std::uint64_t size = 0;
    bytes(&size, sizeof size);
    expect(size <= left_ / each_bytes);
    if (good_) table.resize(size);
  }
  // Whether that was all, and as it was written.
  [[nodiscard]] bool ends_well() {
    std::uint64_t sum = 0;
    return good_ && left_ == 0 && at_ == block_.size() && read_at(&sum, sizeof sum, all_ - sizeof sum) && sum == sum_;
  }

 private:
  bool read_block() {
    if (progress_.stop()) return good_ = false;
    if (progress_.report) progress_.report(static_cast<double>(read_) / static_cast<double>(all_));
    block_.resize(std::min<std::uint64_t>(kBlock, all_ - sizeof sum_ - read_));
    at_ = 0;
    if (block_.empty() || !read_at(block_.data(), block_.size(), read_)) return good_ = false;
    read_ += block_.size();
    sum_ = trace::hash_bytes(block_, sum_);
    return true;
  }
  bool read_at(void* to, std::size_t count, std::uint64_t at) {
    auto* out = static_cast<std::byte*>(to);
    while (count != 0) {
      const ssize_t got = ::pread(fd_, out, count, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      out += got;
      at += static_cast<std::uint64_t>(got);
      count -= static_cast<std::size_t>(got);
    }
    return true;
  }

  const trace::Progress& progress_;
  int fd_;
  std::uint64_t all_, left_;
  bool good_;
  std::vector<std::byte> block_;
  std::size_t at_ = 0;
  std::uint64_t read_ = 0, sum_ = 0;
};

// All that has to be the same for what is kept to be what a replay would find, but the sources. Tables lie in the file
// as they do in memory, which differs from one machine to another.
std::string key_of(const KeptReplays& where, const trace::AllocatorSpec& spec) {
  return fmt::format("{} {}", trace::to_text(spec), trace::key_of(where.mark));
}

struct Head {
  std::string magic, key;
  std::uint64_t version = 0, events = 0;
  bool operator==(const Head&) const = default;
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.magic);
    f(self.version);
    f(self.key);
    f(self.events);
  }
};
Head head_of(const KeptReplays& where, std::uint64_t events, const trace::AllocatorSpec& spec) {
  return {std::string(kMagic), key_of(where, spec), trace::version_of_replay(), events};
}

struct OpenFile {
  trace::Descriptor fd;
  std::uint64_t bytes = 0;
};
std::optional<OpenFile> open_kept(const KeptReplays& where, const trace::AllocatorSpec& spec) {
  if (where.policy.folder.empty()) return {};
  OpenFile file{trace::Descriptor(::open(kept_path(where, spec).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW))};
  struct stat status {};
  if (file.fd.get() < 0 || ::fstat(file.fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  return file;
}
bool begins_with(Reader& in, const Head& wanted) {
  Head head;
  in(head);
  in.expect(head == wanted);
  return in.good();
}

}  // namespace

std::string kept_path(const KeptReplays& where, const trace::AllocatorSpec& spec) {
  return trace::kept_path(where.policy, key_of(where, spec), ".replay");
}

bool is_kept(const KeptReplays& where, std::uint64_t events, const trace::AllocatorSpec& spec) {
  const auto file = open_kept(where, spec);
  if (!file) return false;
  const trace::Progress unwatched;
  Reader in(file->fd.get(), file->bytes, unwatched);
  return begins_with(in, head_of(where, events, spec));
}

std::unique_ptr<Timeline> kept_timeline(const KeptReplays& where, const std::shared_ptr<const trace::Trace>& trace,
                                        const trace::AllocatorSpec& spec, const trace::Progress& progress) {
  const auto file = open_kept(where, spec);
  if (!file) return nullptr;
  Reader in(file->fd.get(), file->bytes, progress);
  if (!begins_with(in, head_of(where, trace->size(), spec))) return nullptr;
  Account account(spec.kind, TimelineOptions{}.keyframe_budget_bytes);
  in(account);
  const bool whole =
      in.ends_well() && account.series.size() == trace->size() + 1 && account.tally.size() == trace->size();
  auto machine = whole ? make_machine(spec, *trace) : trace::Result<std::unique_ptr<Machine>>(trace::Trouble{});
  if (!machine.ok()) return nullptr;
  trace::mark_as_used(kept_path(where, spec));
  return timeline_of(trace, std::move(machine).value(), std::move(account));
}

trace::Status keep(const KeptReplays& where, const Account& account, const trace::AllocatorSpec& spec,
                   const trace::Progress& progress) {
  const std::uint64_t events = account.summary.events;
  if (where.policy.folder.empty() || events < where.policy.from_events) return trace::Done{};
  const Head head = head_of(where, events, spec);
  Counter counter;
  counter(head);
  counter(account);
  return trace::write_kept(where.policy, kept_path(where, spec), counter.counted, [&](trace::AtomicFile& file) {
    Writer out(file, progress);
    out(head);
    out(account);
    return out.end();
  });
}

}  // namespace allocviz::replay
