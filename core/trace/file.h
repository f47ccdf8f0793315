// What core/trace's own sources and files share: descriptors, and errno as a sentence.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/trace/io.h"
#include "core/trace/spec.h"

namespace allocviz::trace {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd, bool owned = true) : fd_(fd), owned_(owned) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~Descriptor() {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  // Closes now; false where that failed, which on some file systems is when a full disk is noticed.
  [[nodiscard]] bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_ = -1;
  bool owned_ = true;
};

// "cannot read: No such file or directory", with what can be done about the common ones.
[[nodiscard]] Trouble errno_trouble(int error, std::string what, const std::string& path);

// The bytes of a file as they are, before any decompression.
struct RawFile {
  Descriptor fd;
  std::string name;
  std::uint64_t size_bytes = 0;  // 0 where that is not known
  bool regular = false;
  std::uint64_t position = 0;  // bytes read
  bool at_end = false;
  std::string head;  // read ahead to recognise the compression, handed out first

  Result<std::size_t> read(std::span<char> into);
};

// A source over the decompressor that the file's first bytes ask for.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> make_zstd_source(RawFile file, const ReadLimits& limits);
[[nodiscard]] Result<std::unique_ptr<ByteSource>> make_gzip_source(RawFile file, const ReadLimits& limits);
[[nodiscard]] Result<std::unique_ptr<ByteSource>> make_archive_source(RawFile file, const ReadLimits& limits, bool zip);

// The source's text as UTF-8, whether it is that, with a byte order mark or without, or UTF-16; other bytes as they are.
[[nodiscard]] std::unique_ptr<ByteSource> make_utf8_source(std::unique_ptr<ByteSource> raw);

// Whether so much decompressed from so little is past the limits.
[[nodiscard]] std::optional<Trouble> expansion_fault(const std::string& name, std::uint64_t compressed,
                                                     std::uint64_t decompressed, const ReadLimits& limits);

}  // namespace allocviz::trace
