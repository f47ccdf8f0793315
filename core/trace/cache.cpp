// The folder of kept traces: which file is whose, mapping one, writing one, and making room.
#include "core/trace/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/trace/cache_image.h"
#include "core/trace/file.h"

namespace allocviz::trace {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEndBytes = std::size_t{64} << 10;  // of a file's beginning and of its end that are hashed
constexpr std::string_view kSuffix = ".columns";

// The part of the file from `offset`, as far as it goes.
std::optional<std::uint64_t> hash_of_part(int fd, std::uint64_t offset, std::uint64_t seed) {
  std::vector<std::byte> bytes(kEndBytes);
  std::size_t count = 0;
  while (count < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + count, bytes.size() - count, static_cast<off_t>(offset + count));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  return hash_bytes(std::span(bytes).first(count), seed);
}

struct Mapping {
  void* at = nullptr;
  std::size_t bytes = 0;

  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (at != nullptr) ::munmap(at, bytes);
  }
};

std::shared_ptr<const Mapping> map_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return {};
  auto mapping = std::make_shared<Mapping>();
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* const found = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (found == MAP_FAILED) return {};
  mapping->at = found;
  mapping->bytes = bytes;
  return mapping;
}

// Removes what was not used for longest until `bytes` more fit (C3). The folder is ours: whatever lies in it counts, so
// that what a killed writer left goes, too.
void make_room(const CachePolicy& policy, std::uint64_t bytes) {
  struct Kept {
    fs::file_time_type used;
    std::uint64_t bytes;
    fs::path path;
  };
  std::vector<Kept> all;
  std::error_code error;
  std::uint64_t sum = bytes;
  for (auto entry = fs::directory_iterator(policy.folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code gone;
    if (!entry->is_regular_file(gone)) continue;
    const std::uint64_t size = entry->file_size(gone);
    const auto used = entry->last_write_time(gone);
    if (gone) continue;
    all.push_back({used, size, entry->path()});
    sum += size;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& kept : all) {
    if (sum <= policy.most_bytes) break;
    if (fs::remove(kept.path, error)) sum -= kept.bytes;
  }
}

}  // namespace

std::string default_cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::string(cache) + "/allocviz";
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.cache/allocviz" : "";
}

std::optional<FileMark> mark_of(const std::string& path) {
  std::error_code error;
  FileMark mark{.path = fs::canonical(path, error).string()};
  // Looked at before it is opened: a pipe that is opened and closed again loses its writer.
  const bool regular = !error && fs::is_regular_file(mark.path, error);
  const Descriptor fd(!regular ? -1 : ::open(mark.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  mark.size = static_cast<std::uint64_t>(status.st_size);
  mark.changed_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  const auto head = hash_of_part(fd.get(), 0, 0);
  const auto tail =
      head ? hash_of_part(fd.get(), mark.size - std::min<std::uint64_t>(mark.size, kEndBytes), *head) : std::nullopt;
  if (!tail) return {};
  mark.ends = *tail;
  return mark;
}

std::string key_of(const FileMark& mark) {
  return fmt::format("{} {} {:016x} {}", mark.size, mark.changed_ns, mark.ends, mark.path);
}

std::string kept_path(const CachePolicy& policy, std::string_view key, std::string_view suffix) {
  return fmt::format("{}/{:016x}{}", policy.folder, hash_bytes(std::as_bytes(std::span(key)), 0), suffix);
}

std::string cached_path(const CachePolicy& policy, const FileMark& mark) {
  return kept_path(policy, key_of(mark), kSuffix);
}

void mark_as_used(const std::string& path) {
  (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

Status write_kept(const CachePolicy& policy, const std::string& path, std::uint64_t bytes,
                  const std::function<Status(AtomicFile&)>& put) {
  if (bytes > policy.most_bytes) return Trouble{"it is larger than all the cache may be", {}, ""};
  std::error_code error;
  fs::create_directories(fs::path(policy.folder).parent_path(), error);
  if (::mkdir(policy.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_trouble(errno, "the cache folder cannot be made", policy.folder);
  }
  make_room(policy, bytes);
  // Its checksum tells what a loss of power left of it: nobody has to wait for the disk.
  auto file = AtomicFile::create(path, AtomicFile::Kind::Fast);
  if (!file.ok()) return std::move(file).trouble();
  if (Status status = put(**file); !status.ok()) return status;
  return (*file)->commit();
}

std::optional<Trace> read_cached(const CachePolicy& policy, const FileMark& mark) {
  if (policy.folder.empty()) return {};
  const std::string path = cached_path(policy, mark);
  const auto mapping = map_file(path);
  if (mapping == nullptr) return {};
  const std::span bytes(static_cast<const std::byte*>(mapping->at), mapping->bytes);
  auto trace = TraceImage::read(bytes, key_of(mark), mapping);
  if (!trace) return {};
  // All of it was summed up and checked: what is looked at again comes from the page cache.
  ::madvise(mapping->at, mapping->bytes, MADV_DONTNEED);
  mark_as_used(path);
  return trace;
}

Status write_cached(const CachePolicy& policy, const FileMark& mark, const Trace& trace, const Header& header,
                    const Progress& progress) {
  if (policy.folder.empty() || trace.size() < policy.from_events) return Done{};
  std::uint64_t bytes = 0;
  const std::string key = key_of(mark);
  const auto count = [&](std::string_view piece) {
    bytes += piece.size();
    return !progress.stop();
  };
  if (!TraceImage::write(trace, header, key, count)) return Trouble{"cancelled", {}, ""};
  return write_kept(policy, cached_path(policy, mark), bytes, [&](AtomicFile& file) {
    Status status = Done{};
    const auto put = [&](std::string_view piece) {
      status = progress.stop() ? Status(Trouble{"cancelled", {}, ""}) : file.write(piece);
      return status.ok();
    };
    (void)TraceImage::write(trace, header, key, put);
    return status;
  });
}

}  // namespace allocviz::trace
