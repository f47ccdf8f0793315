#include "core/record/spool_reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/trace/file.h"

namespace allocviz::record {
namespace {

template <class Bytes>
std::string text_of(const Bytes& bytes) {
  return std::string(bytes, strnlen(bytes, sizeof bytes));
}

std::array<std::uint64_t, 3> words_of(const Record& record) {
  return {record.value, record.size, record.time_ns};
}

Module* module_at(Stacks& stacks, std::uint32_t number) {
  if (number == 0 || number > kMostModules) return nullptr;
  if (number >= stacks.modules.size()) stacks.modules.resize(number + std::size_t{1});
  return &stacks.modules[number];
}

// What a buffer holds, and the place that it is for; 0 for none. A program that is still writing may have put it in its
// place meanwhile: then it is for another one, or none, and its records are where they belong already.
std::uint64_t take_buffer(const SpoolBuffer& buffer, const char* from, std::vector<char>& held) {
  const std::uint64_t place = __atomic_load_n(&buffer.for_place, __ATOMIC_ACQUIRE);
  if (place == 0) return 0;
  held.assign(from, from + kBufferBytes);
  std::atomic_thread_fence(std::memory_order_acquire);
  return __atomic_load_n(&buffer.for_place, __ATOMIC_RELAXED) == place ? place : 0;
}

// `seen` is a private copy of the file, which `file` is.
void put_buffers_in_place(const char* file, char* seen, std::size_t bytes) {
  std::vector<char> held;
  const auto fits = [bytes](std::uint64_t at) {
    return at >= kHeaderBytes && at % sizeof(Record) == 0 && at <= bytes && bytes - at >= kBufferBytes;
  };
  for (const SpoolBuffer& buffer : reinterpret_cast<const SpoolHeader*>(file)->buffers) {
    const std::uint64_t at = __atomic_load_n(&buffer.stands_at, __ATOMIC_ACQUIRE);
    if (at == 0 || !fits(at)) continue;
    const std::uint64_t place = take_buffer(buffer, file + at, held);
    if (place != 0 && fits(place)) std::memcpy(seen + place, held.data(), kBufferBytes);
    std::memset(seen + at, 0, kBufferBytes);
  }
}

}  // namespace

trace::Result<SpoolFile> SpoolFile::open(const std::string& path) {
  const trace::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) return trace::errno_trouble(errno, "it cannot be read", path);
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < kHeaderBytes) return trace::Trouble{"it is no spool: it ends within its header", {.file = path}, ""};
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd.get(), 0);
  if (mapped == MAP_FAILED) return trace::errno_trouble(errno, "it cannot be mapped", path);
  SpoolFile spool(mapped, bytes);
  if (spool.header().magic != kMagic) return trace::Trouble{"it is no spool", {.file = path}, ""};
  void* const shared = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (shared == MAP_FAILED) return trace::errno_trouble(errno, "it cannot be mapped", path);
  put_buffers_in_place(static_cast<const char*>(shared), static_cast<char*>(mapped), bytes);
  ::munmap(shared, bytes);
  ::madvise(mapped, bytes, MADV_SEQUENTIAL);
  return spool;
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : mapped_(std::exchange(other.mapped_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(mapped_, other.mapped_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SpoolFile::~SpoolFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, bytes_);
}

std::span<const Record> SpoolFile::records() const {
  const char* const first = static_cast<const char*>(mapped_) + kHeaderBytes;
  return {reinterpret_cast<const Record*>(first), (bytes_ - kHeaderBytes) / sizeof(Record)};
}

Recording recording_in(const std::string& folder) {
  struct Found {
    std::uint64_t started_ticks, started_ns;
    std::uint32_t generation;
    std::string path;
  };
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Found>> by_process;
  Recording recording;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const trace::Result<SpoolFile> spool = SpoolFile::open(entry.path().string());
    if (!spool && entry.file_size(error) == 0) ++recording.unrecorded;
    if (!spool) continue;
    const SpoolHeader& header = spool->header();
    by_process[{header.pid, header.process_started_ticks}].push_back(
        {header.process_started_ticks, header.started_monotonic_ns, header.generation, entry.path().string()});
  }
  std::vector<RecordedProcess>& processes = recording.processes;
  for (auto& [process, images] : by_process) {
    std::sort(images.begin(), images.end(), [](const Found& a, const Found& b) { return a.generation < b.generation; });
    RecordedProcess made{process.first, process.second, images.front().started_ns, {}};
    for (Found& image : images) made.spools.push_back(std::move(image.path));
    processes.push_back(std::move(made));
  }
  std::sort(processes.begin(), processes.end(), [](const RecordedProcess& a, const RecordedProcess& b) {
    return std::tie(a.started_monotonic_ns, a.pid) < std::tie(b.started_monotonic_ns, b.pid);
  });
  return recording;
}

Stacks stacks_of(const SpoolFile& spool) {
  Stacks stacks;
  for (const Record& record : spool.records()) {
    const std::uint32_t part = part_of(record.what);
    switch (kind_of(record.what)) {
      case Kind::Frames: {
        if (record.site == 0 || record.site > kMostSites || part >= kMostFrames / kFramesPerRecord) break;
        std::vector<Frame>& frames = stacks.frames[record.site];
        const std::size_t from = part * kFramesPerRecord;
        if (frames.size() < from + kFramesPerRecord) frames.resize(from + kFramesPerRecord);
        std::ranges::copy(words_of(record), frames.begin() + static_cast<std::ptrdiff_t>(from));
        break;
      }
      case Kind::Module:
        if (Module* const module = module_at(stacks, record.site)) module->known = true;
        break;
      case Kind::Name: {
        Module* const module = module_at(stacks, record.site);
        if (module == nullptr || part > 4096 / kNameBytesPerRecord) break;
        const std::size_t from = part * kNameBytesPerRecord;
        if (module->file.size() < from + kNameBytesPerRecord) module->file.resize(from + kNameBytesPerRecord);
        const auto words = words_of(record);
        std::memcpy(module->file.data() + from, words.data(), kNameBytesPerRecord);
        break;
      }
      default:
        break;
    }
  }
  for (Module& module : stacks.modules) {
    module.file.resize(std::min(module.file.size(), module.file.find('\0')));
    if (module.known && module.file.empty()) module.file = text_of(spool.header().program);
  }
  for (auto& [number, frames] : stacks.frames) {
    frames.erase(std::find(frames.begin(), frames.end(), Frame{0}), frames.end());
  }
  return stacks;
}

}  // namespace allocviz::record
