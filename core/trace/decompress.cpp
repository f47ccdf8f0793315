// Sources that decompress: zstd and gzip through their own libraries, which see concatenated frames and tell a cut
// stream from a broken one; xz, bz2 and zip through libarchive.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "core/trace/file.h"

namespace allocviz::trace {
namespace {

constexpr std::uint64_t kLeastBlock = 4096;  // for a pipe, whose size nobody knows, too

// What all of them have: the compressed file, a block of it, and the limits.
class Decompressor : public ByteSource {
 public:
  Decompressor(RawFile file, const ReadLimits& limits)
      : file_(std::move(file)),
        limits_(limits),
        block_(static_cast<std::size_t>(std::clamp<std::uint64_t>(file_.size_bytes, kLeastBlock, kIoBlock))) {}
  bool cut_short() const final { return cut_; }
  const std::string& name() const final { return file_.name; }
  double fraction_read() const final {
    if (file_.size_bytes == 0) return 0;
    return std::min(1.0, static_cast<double>(file_.position) / static_cast<double>(file_.size_bytes));
  }

 protected:
  [[nodiscard]] Trouble broken(std::string_view why) const {
    return {fmt::format("its compressed data is broken: {}", why), {.file = file_.name}, "copy or download it again"};
  }
  Result<std::size_t> counted(std::size_t bytes) {
    decompressed_ += bytes;
    if (auto fault = expansion_fault(file_.name, file_.position, decompressed_, limits_)) return *std::move(fault);
    return bytes;
  }

  RawFile file_;
  ReadLimits limits_;
  std::vector<char> block_;
  std::uint64_t decompressed_ = 0;
  bool cut_ = false;
};

class ZstdSource final : public Decompressor {
 public:
  ZstdSource(RawFile file, const ReadLimits& limits)
      : Decompressor(std::move(file), limits), stream_(ZSTD_createDStream()) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (stream_ == nullptr) return Trouble{"there is no memory to decompress it", {.file = file_.name}, ""};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    for (;;) {
      if (in_.pos == in_.size && !file_.at_end) {
        auto got = file_.read(block_);
        if (!got.ok()) return std::move(got).trouble();
        in_ = {block_.data(), *got, 0};
      }
      const std::size_t before = in_.pos;
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(left) != 0) return broken(ZSTD_getErrorName(left));
      if (in_.pos != before || out.pos != 0) in_frame_ = left != 0;
      if (out.pos != 0) return counted(out.pos);
      if (in_.pos == in_.size && file_.at_end) {
        cut_ = in_frame_;
        return std::size_t{0};
      }
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool in_frame_ = false;
};

class GzipSource final : public Decompressor {
 public:
  GzipSource(RawFile file, const ReadLimits& limits) : Decompressor(std::move(file), limits) {
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override {
    if (ready_) inflateEnd(&stream_);
  }

  Result<std::size_t> read(std::span<char> into) override {
    if (!ready_) return Trouble{"there is no memory to decompress it", {.file = file_.name}, ""};
    const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), std::size_t{1} << 30));
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = room;
    for (;;) {
      if (stream_.avail_in == 0 && !file_.at_end) {
        auto got = file_.read(block_);
        if (!got.ok()) return std::move(got).trouble();
        stream_.next_in = reinterpret_cast<Bytef*>(block_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      if (stream_.avail_in == 0) {
        cut_ = in_member_;
        break;
      }
      if (!in_member_ && *stream_.next_in == 0) {  // padding behind the last member
        ++stream_.next_in;
        --stream_.avail_in;
        continue;
      }
      in_member_ = true;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        in_member_ = false;
        inflateReset(&stream_);
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return broken(stream_.msg != nullptr ? stream_.msg : "zlib cannot read it");
      }
      if (stream_.avail_out != room) break;
    }
    return counted(room - stream_.avail_out);
  }

 private:
  z_stream stream_{};
  bool ready_ = false, in_member_ = true;
};

class ArchiveSource final : public Decompressor {
 public:
  ArchiveSource(RawFile file, const ReadLimits& limits, bool zip) : Decompressor(std::move(file), limits), zip_(zip) {}

  // Finds the one member there must be.
  Status open() {
    if (zip_ && file_.regular) {
      if (auto fault = count_members()) return *std::move(fault);
    }
    if (auto fault = start()) return *std::move(fault);
    bool found = false;
    if (auto fault = next_member(found)) return *std::move(fault);
    if (!found && zip_ && !cut_) return Trouble{"the zip holds no file", {.file = file_.name}, "open the log itself"};
    at_end_ = !found;
    // libarchive looks at more bytes than we do before it believes in a compression; too few of them are a cut.
    if (found && !zip_ && archive_filter_code(archive_.get(), 0) == ARCHIVE_FILTER_NONE) at_end_ = cut_ = true;
    return Done{};
  }

  Result<std::size_t> read(std::span<char> into) override {
    if (at_end_) return std::size_t{0};
    const la_ssize_t got = archive_read_data(archive_.get(), into.data(), into.size());
    if (got > 0) return counted(static_cast<std::size_t>(got));
    at_end_ = true;
    if (got < 0) {
      if (!file_.at_end) return broken(why());
      cut_ = true;
      return std::size_t{0};
    }
    bool another = false;
    if (zip_) {
      if (auto fault = next_member(another)) return *std::move(fault);
    }
    if (another) return several(2);
    return std::size_t{0};
  }

 private:
  struct Free {
    void operator()(archive* opened) const { archive_read_free(opened); }
  };

  [[nodiscard]] std::string why() const {
    const char* text = archive_error_string(archive_.get());
    return text != nullptr ? text : "libarchive cannot read it";
  }
  [[nodiscard]] Trouble several(std::uint64_t count) const {
    return {fmt::format("the zip holds {} files, not one", count),
            {.file = file_.name},
            "unpack it and open the log itself"};
  }

  std::optional<Trouble> start() {
    archive_.reset(archive_read_new());
    if (archive_ == nullptr) return Trouble{"there is no memory to decompress it", {.file = file_.name}, ""};
    if (zip_) {
      archive_read_support_format_zip(archive_.get());
    } else {
      archive_read_support_filter_xz(archive_.get());
      archive_read_support_filter_bzip2(archive_.get());
      archive_read_support_format_raw(archive_.get());
    }
    archive_read_set_read_callback(archive_.get(), &ArchiveSource::on_read);
    if (file_.regular) archive_read_set_seek_callback(archive_.get(), &ArchiveSource::on_seek);
    archive_read_set_callback_data(archive_.get(), this);
    if (archive_read_open1(archive_.get()) == ARCHIVE_OK) return {};
    if (trouble_) return std::exchange(trouble_, std::nullopt);
    if (!file_.at_end) return broken(why());
    cut_ = at_end_ = true;
    return {};
  }

  // Goes to the next file (folders are passed over); what is cut in the middle of a header ends there.
  std::optional<Trouble> next_member(bool& found) {
    while (!cut_) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return {};
      if (status < ARCHIVE_WARN) {
        if (trouble_) return std::exchange(trouble_, std::nullopt);
        if (!file_.at_end) return broken(why());
        cut_ = true;
        return {};
      }
      if (zip_ && archive_entry_filetype(entry) == AE_IFDIR) continue;
      found = true;
      return {};
    }
    return {};
  }

  // A zip's directory stands at its end: where the file can be read twice, members are counted before one is read.
  std::optional<Trouble> count_members() {
    if (auto fault = start()) return fault;
    std::uint64_t count = 0;
    for (bool found = true; found; count += found ? 1 : 0) {
      found = false;
      if (auto fault = next_member(found)) return fault;
    }
    if (count > 1) return several(count);
    archive_.reset();
    cut_ = at_end_ = false;
    if (on_seek(nullptr, this, 0, SEEK_SET) != 0) return errno_trouble(errno, "it cannot be read again", file_.name);
    return {};
  }

  static la_ssize_t on_read(archive* opened, void* self_pointer, const void** buffer) {
    auto& self = *static_cast<ArchiveSource*>(self_pointer);
    auto got = self.file_.read(self.block_);
    if (!got.ok()) {
      archive_set_error(opened, EIO, "it cannot be read");
      self.trouble_ = std::move(got).trouble();
      return -1;
    }
    *buffer = self.block_.data();
    return static_cast<la_ssize_t>(*got);
  }

  static la_int64_t on_seek(archive*, void* self_pointer, la_int64_t offset, int whence) {
    auto& self = *static_cast<ArchiveSource*>(self_pointer);
    if (whence == SEEK_CUR) offset += static_cast<la_int64_t>(self.file_.position);
    const auto at = ::lseek(self.file_.fd.get(), offset, whence == SEEK_CUR ? SEEK_SET : whence);
    if (at < 0) return ARCHIVE_FATAL;
    self.file_.head.clear();
    self.file_.position = static_cast<std::uint64_t>(at);
    self.file_.at_end = false;
    return at;
  }

  bool zip_;
  bool at_end_ = false;
  std::unique_ptr<archive, Free> archive_;
  std::optional<Trouble> trouble_;  // of a read inside libarchive
};

}  // namespace

Result<std::unique_ptr<ByteSource>> make_zstd_source(RawFile file, const ReadLimits& limits) {
  return std::unique_ptr<ByteSource>(std::make_unique<ZstdSource>(std::move(file), limits));
}

Result<std::unique_ptr<ByteSource>> make_gzip_source(RawFile file, const ReadLimits& limits) {
  return std::unique_ptr<ByteSource>(std::make_unique<GzipSource>(std::move(file), limits));
}

Result<std::unique_ptr<ByteSource>> make_archive_source(RawFile file, const ReadLimits& limits, bool zip) {
  auto source = std::make_unique<ArchiveSource>(std::move(file), limits, zip);
  if (auto status = source->open(); !status.ok()) return std::move(status).trouble();
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace allocviz::trace
