// Opening a source: a file, standard input or a text, and what its first bytes say it is.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/trace/file.h"

namespace allocviz::trace {
namespace {

constexpr std::uint64_t kExpansionFloor = std::uint64_t{64} << 20;

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(RawFile file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<char> into) override { return file_.read(into); }
  bool cut_short() const override { return false; }
  double fraction_read() const override { return fraction(file_); }
  const std::string& name() const override { return file_.name; }

 private:
  static double fraction(const RawFile& file) {
    if (file.size_bytes == 0) return 0;
    return std::min(1.0, static_cast<double>(file.position) / static_cast<double>(file.size_bytes));
  }
  RawFile file_;
};

class TextSource final : public ByteSource {
 public:
  TextSource(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), text_.size() - position_);
    std::memcpy(into.data(), text_.data() + position_, count);
    position_ += count;
    return count;
  }
  bool cut_short() const override { return false; }
  double fraction_read() const override {
    return text_.empty() ? 1.0 : static_cast<double>(position_) / static_cast<double>(text_.size());
  }
  const std::string& name() const override { return name_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  std::string name_;
};

// The beginning of another source.
class FirstBytes final : public ByteSource {
 public:
  FirstBytes(std::unique_ptr<ByteSource> whole, std::uint64_t bytes) : whole_(std::move(whole)), left_(bytes) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (left_ == 0) return std::size_t{0};
    auto got = whole_->read(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_))));
    if (got.ok()) left_ -= *got;
    return got;
  }
  bool cut_short() const override { return left_ == 0 || whole_->cut_short(); }
  double fraction_read() const override { return whole_->fraction_read(); }
  const std::string& name() const override { return whole_->name(); }

 private:
  std::unique_ptr<ByteSource> whole_;
  std::uint64_t left_;
};

Result<RawFile> open_file(const std::string& path) {
  RawFile file;
  file.name = path;
  if (path == "-") {
    file.fd = Descriptor(STDIN_FILENO, false);
  } else {
    file.fd = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (file.fd.get() < 0) return errno_trouble(errno, "it cannot be opened", path);
  }
  struct stat status {};
  if (::fstat(file.fd.get(), &status) != 0) return errno_trouble(errno, "it cannot be looked at", path);
  if (S_ISDIR(status.st_mode)) return Trouble{"it is a folder", {.file = path}, "name a file in it"};
  if (path != "-" && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))) {
    return Trouble{
        "it is a device, which may never end", {.file = path}, "copy what it gives into a file, or pipe it in"};
  }
  file.regular = S_ISREG(status.st_mode);
  if (file.regular) file.size_bytes = static_cast<std::uint64_t>(status.st_size);
  return file;
}

Status read_head(RawFile& file) {
  char head[10];
  std::size_t count = 0;
  while (count < sizeof head) {
    auto got = file.read({head + count, sizeof head - count});
    if (!got.ok()) return std::move(got).trouble();
    if (*got == 0) break;
    count += *got;
  }
  file.head.assign(head, count);
  file.position -= count;  // read() counts them again as it hands them out
  return Done{};
}

bool is_zstd(std::string_view head) {
  if (head.starts_with("\x28\xb5\x2f\xfd")) return true;
  return head.size() >= 4 && (head[0] & '\xf0') == '\x50' && head.substr(1).starts_with("\x2a\x4d\x18");  // skippable
}

// "BZh", the block size, and the digits of pi that a block begins with (or, of an empty file, those of its square
// root).
bool is_bzip2(std::string_view head) {
  if (head.size() < 10 || !head.starts_with("BZh") || head[3] < '1' || head[3] > '9') return false;
  return head.substr(4) == "\x31\x41\x59\x26\x53\x59" || head.substr(4) == "\x17\x72\x45\x38\x50\x90";
}

}  // namespace

Trouble errno_trouble(int error, std::string what, const std::string& path) {
  Trouble trouble{fmt::format("{}: {}", what, std::generic_category().message(error)), {.file = path}, ""};
  switch (error) {
    case ENOENT:
      trouble.todo = "check the name";
      break;
    case EACCES:
    case EPERM:
      trouble.todo = "ask its owner for permission";
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      trouble.todo = "make room, or choose another folder";
      break;
    case EROFS:
      trouble.todo = "choose another folder";
      break;
    default:
      break;
  }
  return trouble;
}

Result<std::size_t> RawFile::read(std::span<char> into) {
  if (!head.empty()) {
    const std::size_t count = std::min(into.size(), head.size());
    std::memcpy(into.data(), head.data(), count);
    head.erase(0, count);
    position += count;
    return count;
  }
  // A file that grows faster than it is read would never end: what it gains after it was opened is not read.
  std::size_t room = into.size();
  if (regular && size_bytes != 0) {
    room = static_cast<std::size_t>(std::min<std::uint64_t>(room, size_bytes - std::min(size_bytes, position)));
  }
  for (;;) {
    const ssize_t got = room == 0 ? 0 : ::read(fd.get(), into.data(), room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_trouble(errno, "it cannot be read", name);
    position += static_cast<std::uint64_t>(got);
    at_end = got == 0;
    return static_cast<std::size_t>(got);
  }
}

std::optional<Trouble> expansion_fault(const std::string& name, std::uint64_t compressed, std::uint64_t decompressed,
                                       const ReadLimits& limits) {
  if (decompressed > limits.max_decompressed_bytes) {
    return Trouble{fmt::format("it decompresses to more than {}", size_text(limits.max_decompressed_bytes)),
                   {.file = name},
                   "raise the limit if you trust the file"};
  }
  if (decompressed > kExpansionFloor && decompressed / limits.max_expansion > compressed) {
    return Trouble{fmt::format("it decompresses to more than {} times its size", limits.max_expansion),
                   {.file = name},
                   "raise the limit if you trust the file"};
  }
  return {};
}

namespace {

enum class Packing : std::uint8_t { None, Zstd, Gzip, Zip, Other };

Packing packing_of(std::string_view head) {
  if (is_zstd(head)) return Packing::Zstd;
  if (head.starts_with("\x1f\x8b")) return Packing::Gzip;
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return Packing::Zip;
  const bool xz =
      head.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        6));
  return xz || is_bzip2(head) ? Packing::Other : Packing::None;
}

Result<std::unique_ptr<ByteSource>> open_whole(const std::string& path, const ReadLimits& limits) {
  auto opened = open_file(path);
  if (!opened.ok()) return std::move(opened).trouble();
  RawFile file = std::move(opened).value();
  if (auto status = read_head(file); !status.ok()) return std::move(status).trouble();
  switch (const Packing packing = packing_of(file.head)) {
    case Packing::Zstd:
      return make_zstd_source(std::move(file), limits);
    case Packing::Gzip:
      return make_gzip_source(std::move(file), limits);
    case Packing::Zip:
    case Packing::Other:
      return make_archive_source(std::move(file), limits, packing == Packing::Zip);
    case Packing::None:
      break;
  }
  return std::unique_ptr<ByteSource>(std::make_unique<PlainSource>(std::move(file)));
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_source(const std::string& path, const ReadLimits& limits) {
  auto whole = open_whole(path, limits);
  if (!whole.ok()) return whole;
  std::unique_ptr<ByteSource> text = make_utf8_source(std::move(whole).value());
  if (limits.first_bytes == ReadLimits{}.first_bytes) return text;
  return std::unique_ptr<ByteSource>(std::make_unique<FirstBytes>(std::move(text), limits.first_bytes));
}

bool is_packed(const std::string& path) {
  auto opened = open_file(path);
  return opened.ok() && read_head(*opened).ok() && packing_of(opened->head) != Packing::None;
}

std::unique_ptr<ByteSource> source_of_text(std::string_view text, std::string name) {
  return std::make_unique<TextSource>(text, std::move(name));
}

}  // namespace allocviz::trace
