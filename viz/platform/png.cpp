#include "viz/platform/png.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb/stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace allocviz::platform {
namespace {

void append(void* context, void* data, int size) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

trace::Trouble cannot_write(const std::string& path, int error) {
  trace::Trouble trouble{.what = std::string{"the picture could not be written: "} + std::strerror(error),
                         .where = {},
                         .todo = "name a file in a folder that you may write to"};
  trouble.where.file = path;
  return trouble;
}

bool write_all(const std::string& path, const std::string& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int error = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) errno = error;
  return written && closed;
}

}  // namespace

std::string png_bytes(const Image& image) {
  std::string bytes;
  const bool made =
      stbi_write_png_to_func(append, &bytes, image.width, image.height, 4, image.pixels.data(), image.width * 4) != 0;
  return made ? bytes : std::string();
}

trace::Status write_png(const std::string& path, const Image& image) {
  const std::string bytes = png_bytes(image);
  return bytes.empty() ? cannot_write(path, ENOMEM) : write_picture(path, bytes);
}

trace::Status write_picture(const std::string& path, const std::string& bytes) {
  const std::string half = path + ".part";
  if (!write_all(half, bytes) || std::rename(half.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(half.c_str());
    return cannot_write(path, error);
  }
  return trace::Done{};
}

}  // namespace allocviz::platform
