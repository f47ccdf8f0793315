#include "viz/platform/svg.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "viz/platform/png.h"

namespace allocviz::platform {
namespace {

using draw::Color;
using draw::Rect;
using draw::VectorShape;

std::string hex(Color color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color & 0xff, color >> 8 & 0xff, color >> 16 & 0xff);
}

std::string opacity(const char* of, Color color) {
  const Color alpha = color >> 24;
  return alpha == 255 ? "" : fmt::format(" {}=\"{:.3g}\"", of, static_cast<double>(alpha) / 255);
}

// XML knows no control characters, however they are written: they are left out.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t k) { return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u; };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (unsigned k = 0; k < 4; ++k) out += k <= left ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

class Writer {
 public:
  Writer(const draw::VectorPicture& picture, int width, int height, const FontNames& fonts)
      : picture_(picture),
        body_(shape_of_face(fonts.body)),
        bold_(shape_of_face(fonts.bold)),
        mono_(shape_of_face(fonts.mono)) {
    whole_.x1 = static_cast<float>(width);
    whole_.y1 = static_cast<float>(height);
  }

  std::string text(const std::string& title) {
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
        "style=\"font-variant-ligatures:none;font-feature-settings:'calt' 0\">\n",
        whole_.x1, whole_.y1);
    put("<title>{}</title>\n", escaped(title));
    for (const VectorShape& shape : picture_.shapes) put_shape(shape);
    if (in_clip_) out_ += "</g>\n";
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  // Shapes that follow each other under one clip share a group.
  void clip_to(const Rect& clip) {
    const auto same = [](const Rect& a, const Rect& b) {
      return a.x0 == b.x0 && a.y0 == b.y0 && a.x1 == b.x1 && a.y1 == b.y1;
    };
    if (same(clip, clip_) && (in_clip_ || same(clip, whole_))) return;
    if (in_clip_) out_ += "</g>\n";
    clip_ = clip;
    in_clip_ = clip.x0 > 0 || clip.y0 > 0 || clip.x1 < whole_.x1 || clip.y1 < whole_.y1;
    if (!in_clip_) return;
    ++clips_;
    put("<clipPath id=\"c{}\"><rect x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\"/></clipPath>\n", clips_,
        clip.x0, clip.y0, clip.width(), clip.height());
    put("<g clip-path=\"url(#c{})\">\n", clips_);
  }

  void put_shape(const VectorShape& shape) {
    clip_to(shape.clip);
    if (!shape.text.empty()) return put_words(shape);
    if (shape.picture != 0) return put_pixels(shape);
    if (shape.thickness <= 0) {
      put("<path d=\"{}\" fill=\"{}\"{}/>\n", shape.path, hex(shape.color), opacity("fill-opacity", shape.color));
      return;
    }
    put("<path d=\"{}\" fill=\"none\" stroke=\"{}\"{} stroke-width=\"{:g}\"", shape.path, hex(shape.color),
        opacity("stroke-opacity", shape.color), shape.thickness);
    if (shape.dash > 0) put(" stroke-dasharray=\"{:g}\"", shape.dash);
    out_ += "/>\n";
  }

  // As long as they were measured, whichever font the reader has. Of a semibold face 600 is the weight, of a bold one
  // the nearest.
  void put_words(const VectorShape& shape) {
    const FaceShape& face = shape.mono ? mono_ : shape.bold ? bold_ : body_;
    const std::string family = face.family.empty() ? "" : "'" + face.family + "', ";
    put("<text x=\"{:g}\" y=\"{:.2f}\" font-family=\"{}{}\" font-size=\"{:.2f}\"{} fill=\"{}\"{} textLength=\"{:.2f}\" "
        "lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{}</text>\n",
        shape.at.x, shape.at.y + face.ascent * shape.height, family,
        shape.mono ? "DejaVu Sans Mono, Menlo, Consolas, monospace" : "DejaVu Sans, Verdana, sans-serif",
        face.em * shape.height, shape.bold ? " font-weight=\"600\"" : "", hex(shape.color),
        opacity("fill-opacity", shape.color), shape.width, escaped(shape.text));
  }

  void put_pixels(const VectorShape& shape) {
    const auto found = picture_.pictures.find(shape.picture);
    if (found == picture_.pictures.end()) return;
    const draw::Picture& pixels = found->second;
    put("<image x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\" preserveAspectRatio=\"none\" "
        "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
        shape.rect.x0, shape.rect.y0, shape.rect.width(), shape.rect.height(),
        base64(png_bytes({pixels.width, pixels.height, pixels.pixels})));
  }

  const draw::VectorPicture& picture_;
  const FaceShape body_, bold_, mono_;
  Rect whole_, clip_;
  bool in_clip_ = false;
  int clips_ = 0;
  std::string out_;
};

}  // namespace

std::string svg_text(const draw::VectorPicture& picture, int width, int height, const FontNames& fonts,
                     const std::string& title) {
  return Writer(picture, width, height, fonts).text(title);
}

}  // namespace allocviz::platform
