// Saving that happens whole or not at all.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <vector>

#include "core/trace/file.h"

namespace allocviz::trace {
namespace {

namespace fs = std::filesystem;

// Where bytes go at last: the temporary file, or what cannot be replaced (standard output, a pipe, a device).
struct Target {
  Descriptor fd;
  std::string path;     // as the user named it
  fs::path renamed_to;  // empty: written in place
  fs::path temporary;
  bool safe = true;  // on disk before it is renamed

  Target() = default;
  Target(Target&& other) noexcept
      : fd(std::move(other.fd)),
        path(std::move(other.path)),
        renamed_to(std::move(other.renamed_to)),
        temporary(std::exchange(other.temporary, {})),
        safe(other.safe) {}
  Target& operator=(Target&&) = delete;
  ~Target() {
    std::error_code ignored;
    if (!temporary.empty()) fs::remove(temporary, ignored);
  }

  std::optional<Trouble> write(const char* data, std::size_t size) {
    while (size != 0) {
      const ssize_t wrote = ::write(fd.get(), data, size);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno_trouble(errno, "it cannot be written", path == "-" ? "standard output" : path);
      data += wrote;
      size -= static_cast<std::size_t>(wrote);
    }
    return {};
  }

  std::optional<Trouble> commit() {
    if (temporary.empty()) return {};
    if ((safe && ::fsync(fd.get()) != 0) || !fd.close())
      return errno_trouble(errno, "it cannot be written to disk", path);
    if (::rename(temporary.c_str(), renamed_to.c_str()) != 0)
      return errno_trouble(errno, "it cannot be replaced", path);
    temporary.clear();
    if (!safe) return {};
    // The new name is on disk when the folder is. Not every file system can do that, and the file itself is safe.
    const fs::path folder = renamed_to.has_parent_path() ? renamed_to.parent_path() : fs::path(".");
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() >= 0) (void)::fsync(opened.get());
    return {};
  }
};

// What gathers bytes and passes them on, compressed or not.
class Writer : public AtomicFile {
 public:
  explicit Writer(Target target) : target_(std::move(target)) { pending_.reserve(kIoBlock); }

  Status write(std::string_view bytes) final {
    while (!fault_ && !bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), kIoBlock - pending_.size());
      pending_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      if (pending_.size() == kIoBlock) pass_on(false);
    }
    return status();
  }

  Status commit() final {
    if (!fault_) pass_on(true);
    if (!fault_) fault_ = target_.commit();
    return status();
  }

 protected:
  // Takes `pending`; at the last call writes whatever ends the stream, too.
  virtual std::optional<Trouble> encode(std::string_view pending, bool last) = 0;
  Target target_;

 private:
  void pass_on(bool last) {
    fault_ = encode(pending_, last);
    pending_.clear();
  }
  [[nodiscard]] Status status() const {
    if (fault_) return *fault_;
    return Done{};
  }

  std::string pending_;
  std::optional<Trouble> fault_;  // the first one; nothing is written after it
};

class PlainWriter final : public Writer {
 public:
  using Writer::Writer;

 private:
  std::optional<Trouble> encode(std::string_view pending, bool) override {
    return target_.write(pending.data(), pending.size());
  }
};

class ZstdWriter final : public Writer {
 public:
  explicit ZstdWriter(Target target)
      : Writer(std::move(target)), context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize()) {
    if (context_ == nullptr) return;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  std::optional<Trouble> encode(std::string_view pending, bool last) override {
    if (context_ == nullptr) return Trouble{"there is no memory to compress it", {.file = target_.path}, ""};
    ZSTD_inBuffer in{pending.data(), pending.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) {
        return Trouble{fmt::format("it cannot be compressed: {}", ZSTD_getErrorName(left)), {.file = target_.path}, ""};
      }
      if (auto fault = target_.write(out_.data(), out.pos)) return fault;
      if (last ? left == 0 : in.pos == in.size) return {};
    }
  }

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> out_;
};

class GzipWriter final : public Writer {
 public:
  explicit GzipWriter(Target target) : Writer(std::move(target)), out_(kIoBlock) {
    ready_ = deflateInit2(&stream_, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  ~GzipWriter() override {
    if (ready_) deflateEnd(&stream_);
  }

 private:
  std::optional<Trouble> encode(std::string_view pending, bool last) override {
    if (!ready_) return Trouble{"there is no memory to compress it", {.file = target_.path}, ""};
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(pending.data()));  // zlib does not write to it
    stream_.avail_in = static_cast<uInt>(pending.size());
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int status = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      if (auto fault = target_.write(out_.data(), out_.size() - stream_.avail_out)) return fault;
      if (last ? status == Z_STREAM_END : stream_.avail_in == 0) return {};
    }
  }

  z_stream stream_{};
  bool ready_ = false;
  std::vector<char> out_;
};

// Follows symbolic links by hand: what they point to need not exist yet.
Result<fs::path> follow(const std::string& path) {
  fs::path target = path;
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target, error)); ++links) {
    if (links == 40) return Trouble{"its symbolic links lead in a circle", {.file = path}, "name the file itself"};
    const fs::path to = fs::read_symlink(target, error);
    if (error) return errno_trouble(error.value(), "its symbolic link cannot be read", path);
    target = to.is_absolute() ? to : target.parent_path() / to;
  }
  return target;
}

// A new file beside `target`, under a name nobody else has.
Result<Descriptor> make_temporary(const fs::path& target, const std::string& path, fs::path& temporary) {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary =
        target.parent_path() / fmt::format(".{}.{:08x}.part", target.filename().string().substr(0, 200), random());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return Descriptor(fd);
    if (errno != EEXIST) break;
  }
  const int error = errno;
  temporary.clear();
  Trouble trouble = errno_trouble(error, "its folder takes no new file", path);
  if (error == ENOENT) trouble.todo = "make the folder first";
  return trouble;
}

Result<Target> open_target(const std::string& path) {
  Target target;
  target.path = path;
  if (path == "-") {
    target.fd = Descriptor(STDOUT_FILENO, false);
    return target;
  }
  auto followed = follow(path);
  if (!followed.ok()) return std::move(followed).trouble();
  struct stat old {};
  const bool exists = ::stat(followed->c_str(), &old) == 0;
  if (!exists && errno != ENOENT) return errno_trouble(errno, "it cannot be looked at", path);
  if (exists && S_ISDIR(old.st_mode)) return Trouble{"it is a folder", {.file = path}, "name a file in it"};
  if (!followed->has_filename()) return Trouble{"it names no file", {.file = path}, "write FOLDER/NAME.json"};
  if (exists && !S_ISREG(old.st_mode)) {
    target.fd = Descriptor(::open(followed->c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (target.fd.get() < 0) return errno_trouble(errno, "it cannot be opened", path);
    return target;
  }
  if (exists && ::access(followed->c_str(), W_OK) != 0) return errno_trouble(errno, "it may not be written", path);
  auto opened = make_temporary(*followed, path, target.temporary);
  if (!opened.ok()) return std::move(opened).trouble();
  target.fd = std::move(opened).value();
  target.renamed_to = std::move(followed).value();
  if (exists) {
    // The owner first: changing it clears bits of the mode. Whoever may not give files away keeps this one.
    if (::fchown(target.fd.get(), old.st_uid, old.st_gid) != 0) errno = 0;
    if (::fchmod(target.fd.get(), old.st_mode & 07777) != 0)
      return errno_trouble(errno, "its mode cannot be kept", path);
  }
  return target;
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, Kind kind) {
  auto target = open_target(path);
  if (!target.ok()) return std::move(target).trouble();
  target->safe = kind == Kind::Safe;
  if (path.ends_with(".zst"))
    return std::unique_ptr<AtomicFile>(std::make_unique<ZstdWriter>(std::move(target).value()));
  if (path.ends_with(".gz"))
    return std::unique_ptr<AtomicFile>(std::make_unique<GzipWriter>(std::move(target).value()));
  return std::unique_ptr<AtomicFile>(std::make_unique<PlainWriter>(std::move(target).value()));
}

}  // namespace allocviz::trace
