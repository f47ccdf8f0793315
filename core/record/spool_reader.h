// Spools as alloctrace reads them: of one process image, or of a whole folder sorted into processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/record/spool.h"
#include "core/trace/trouble.h"

namespace allocviz::record {

// A spool as it stood at opening, its program may still be writing: what is in buffers is seen where it belongs, and
// the buffers are seen empty.
class SpoolFile {
 public:
  [[nodiscard]] static trace::Result<SpoolFile> open(const std::string& path);
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();

  [[nodiscard]] const SpoolHeader& header() const { return *static_cast<const SpoolHeader*>(mapped_); }
  // Every slot of the file, the empty ones too.
  [[nodiscard]] std::span<const Record> records() const;

 private:
  SpoolFile(void* mapped, std::size_t bytes) : mapped_(mapped), bytes_(bytes) {}
  void* mapped_ = nullptr;
  std::size_t bytes_ = 0;
};

// A process and the spools of its images: one, and one more for every exec.
struct RecordedProcess {
  std::uint32_t pid = 0;
  std::uint64_t started_ticks = 0;
  std::uint64_t started_monotonic_ns = 0;
  std::vector<std::string> spools;  // in the order of the images
};

struct Recording {
  std::vector<RecordedProcess> processes;  // in the order in which they began
  std::size_t unrecorded = 0;              // processes that were seen, but not to be recorded
};

// What stands in a folder of spools. Files that are none are passed over. O(files).
[[nodiscard]] Recording recording_in(const std::string& folder);

// The call stacks of one image: what its Frames, Module and Name records say, whole.
struct Module {
  std::string file;  // "" is the program itself
  bool known = false;
};
struct Stacks {
  std::vector<Module> modules;                         // by number; [0] stands for none
  std::map<std::uint32_t, std::vector<Frame>> frames;  // by number: a place in a large hash table, so no array's index
};
[[nodiscard]] Stacks stacks_of(const SpoolFile& spool);

}  // namespace allocviz::record
