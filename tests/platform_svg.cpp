// A vector picture as SVG text.
#include <gtest/gtest.h>

#include <string>

#include "viz/draw/vector.h"
#include "viz/platform/svg.h"

namespace {

using namespace allocviz;

draw::VectorShape area(draw::Rect clip, const char* path, draw::Color color) {
  draw::VectorShape shape;
  shape.clip = clip;
  shape.path = path;
  shape.color = color;
  return shape;
}

TEST(Svg, says_shapes_in_their_order_and_clips_those_that_are_clipped) {
  draw::VectorPicture picture;
  const draw::Rect whole{0, 0, 100, 50}, part{10, 10, 60, 40};
  picture.shapes = {area(whole, "M0 0H9", draw::rgb(0x112233)), area(part, "M1 1H9", draw::rgb(0xff0000, 128)),
                    area(part, "M2 2H9", draw::rgb(0)), area(whole, "M3 3H9", draw::rgb(0))};
  picture.shapes[2].thickness = 2;
  picture.shapes[2].dash = 4;
  EXPECT_EQ(platform::svg_text(picture, 100, 50, {}, "a <title>"),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\" viewBox=\"0 0 100 50\" "
            "style=\"font-variant-ligatures:none;font-feature-settings:'calt' 0\">\n"
            "<title>a &lt;title&gt;</title>\n"
            "<path d=\"M0 0H9\" fill=\"#112233\"/>\n"
            "<clipPath id=\"c1\"><rect x=\"10\" y=\"10\" width=\"50\" height=\"30\"/></clipPath>\n"
            "<g clip-path=\"url(#c1)\">\n"
            "<path d=\"M1 1H9\" fill=\"#ff0000\" fill-opacity=\"0.502\"/>\n"
            "<path d=\"M2 2H9\" fill=\"none\" stroke=\"#000000\" stroke-width=\"2\" stroke-dasharray=\"4\"/>\n"
            "</g>\n"
            "<path d=\"M3 3H9\" fill=\"#000000\"/>\n"
            "</svg>\n");
}

TEST(Svg, of_a_picture_without_shapes_is_an_empty_page) {
  const std::string text = platform::svg_text({}, 10, 10, {}, "");
  EXPECT_NE(text.find("<svg "), std::string::npos);
  EXPECT_EQ(text.find("<path"), std::string::npos);
  EXPECT_TRUE(text.ends_with("</svg>\n"));
}

TEST(Svg, words_keep_their_width_and_pixels_are_a_png) {
  draw::VectorPicture picture;
  draw::VectorShape words;
  words.clip = {0, 0, 100, 50};
  words.text = "a<b";
  words.width = 33.5f;
  words.height = 10;
  words.bold = true;
  draw::VectorShape pixels;
  pixels.clip = words.clip;
  pixels.picture = 7;
  pixels.rect = {1, 2, 11, 22};
  draw::VectorShape lost = pixels;
  lost.picture = 8;  // nobody uploaded it
  picture.pictures[7] = {2, 1, {draw::rgb(0xff0000), draw::rgb(0x00ff00)}};
  picture.shapes = {words, pixels, lost};
  const std::string text = platform::svg_text(picture, 100, 50, {}, "");
  EXPECT_NE(text.find("font-weight=\"600\""), std::string::npos);
  EXPECT_NE(text.find("textLength=\"33.50\""), std::string::npos);
  EXPECT_NE(text.find(">a&lt;b</text>"), std::string::npos);
  EXPECT_NE(text.find("<image x=\"1\" y=\"2\" width=\"10\" height=\"20\""), std::string::npos);
  EXPECT_EQ(text.find("<image"), text.rfind("<image"));
}

}  // namespace
