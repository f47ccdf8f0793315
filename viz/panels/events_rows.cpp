#include "viz/panels/events_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

#include "core/analyze/lives.h"
#include "core/replay/narrate.h"
#include "viz/app/filter.h"
#include "viz/app/names.h"
#include "viz/app/refusals.h"
#include "viz/draw/strip.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using trace::Event;
using trace::Op;

bool failed_here(const Context& context, std::uint64_t index) {
  const auto& failures = context.state.failures;
  return std::binary_search(failures.begin(), failures.end(), index);
}

struct Tag {
  std::string word = {};
  draw::Color color = 0, ground = 0;
  std::string hint = {};
  std::string_view sign = "!";  // where there is no room for the word
};

// The one thing about an event that must not be missed.
Tag tag_of(const Context& context, const Event& event, std::uint64_t index) {
  const draw::Theme& theme = context.theme;
  if (event.has(trace::kFailedThere)) {
    return {"✕ failed there", theme.failed, theme.failed_fill, "It failed in the recorded program; it is not replayed",
            "✕"};
  }
  if (failed_here(context, index)) {
    const std::string who = app::refused_by(context.state, index);
    const std::string_view kind = app::refusing_kind(context.state, index);
    return {fmt::format("✕ {}", kind.empty() ? "failed" : kind), theme.failed, theme.failed_fill,
            fmt::format("{} refused it; its state is as before", !who.empty() ? who
                                                                 : app::is_to_be_guessed(context.state, index)
                                                                     ? "One of the allocators"
                                                                     : "The allocator"),
            "✕"};
  }
  if (event.has(trace::kImplicitFree)) {
    return {"frees first", theme.waste, theme.waste_ground, "The id was still live: that block is freed first"};
  }
  if (event.has(trace::kNullFree)) {
    return {"null", theme.text_faint, theme.inset, "Free of the null pointer: nothing happens"};
  }
  if (event.has(trace::kUnknownId)) {
    const bool frees = event.op == Op::Free;
    return {"unknown", theme.text_dim, theme.inset,
            frees ? "An id that is not live, as when the log began mid-run: nothing happens"
                  : "An id that is not live: this acts as an alloc"};
  }
  return {};
}

// Whether the block that this event made lives at the cursor, on the first stage's allocator.
bool is_live(const Context& context, std::uint64_t index) {
  const analyze::Lives lives(*context.state.document.trace, context.state.timeline().failures());
  return lives.is_live(index, context.state.cursor().event);
}

void mark_row(const Context& context, const EventColumns& columns, std::uint64_t index, draw::Rect row) {
  const std::string* name = context.state.document.trace->mark_name(index);
  const float dash = std::round(0.55f * context.em);
  const float y = std::round((row.y0 + row.y1) / 2);
  ui::fill(ui::draw_list(), {columns.op, y - 1, columns.op + dash, y + 1}, context.theme.mark);
  row_text(row, columns.op + dash + 0.5f * context.em, context.theme.mark, name != nullptr ? *name : "mark",
           row.x1 - columns.op - dash - context.em);
}

struct Span {
  float from = 0, to = 0;
};

float text_width(ui::Font font, std::string_view text) {
  const ui::WithFont with(font);
  return ui::text_width(text);
}

// The badge if it fits behind the sizes' column; else before the size, whose column stays straight, its sign alone
// where the word would hide the id. Returns where it stands.
Span draw_tag(const Context& context, const Tag& tag, draw::Rect row, const EventColumns& columns, float size_left,
              float id_width) {
  const float em = context.em;
  const float right = row.x1 - 0.35f * em;
  if (badge_width(context, tag.word) <= right - columns.size_right - 0.4f * em) {
    return {right - badge(context, row, right, tag.word, tag.color, tag.ground), right};
  }
  const float end = size_left - (size_left < columns.size_right ? (columns.narrow ? 0.3f : 0.5f) * em : 0);
  const bool fits = badge_width(context, tag.word) <= end - columns.id - id_width - 0.4f * em;
  const std::string_view word = fits ? std::string_view(tag.word) : tag.sign;
  return {end - badge(context, row, end, word, tag.color, tag.ground), end};
}

// A mark set by hand: a flag behind the id, before the word where there is no room for it.
void draw_flag(const Context& context, std::uint64_t index, draw::Rect row, const EventColumns& columns, float id_end,
               float end) {
  const float half = 0.27f * context.em, y = std::round((row.y0 + row.y1) / 2);
  const bool fits = id_end + 0.8f * context.em + 2 * half <= end;
  const float x = std::round(fits ? id_end + 0.5f * context.em : columns.op - 0.6f * context.em);
  ui::draw_list()->AddTriangleFilled(ImVec2(x, y - half), ImVec2(x + 2 * half, y), ImVec2(x, y + half),
                                     context.theme.mark);
  ui::place(fmt::format("flag {}", index + 1), {x, y - half, x + 2 * half, y + half});
}

// Of numbers that do not fit the end: neighbours in a log differ there. In the current font.
std::string tail_that_fits(const std::string& number, float room) {
  if (ui::text_width(number) <= room) return number;
  for (std::size_t from = 1; from + 1 < number.size(); ++from) {
    const std::string tail = "…" + number.substr(from);
    if (ui::text_width(tail) <= room) return tail;
  }
  return number;
}

// The longest form of a size that has room: as sentences say it, shortly, at last with its unit as one letter (1.7K).
std::string size_that_fits(std::uint64_t bytes, float room) {
  const auto fits = [&](const std::string& text) { return text_width(ui::Font::MonoSmall, text) <= room; };
  std::string text = draw::telling_size(bytes);
  if (!fits(text)) text = trace::size_text(bytes);
  if (const std::size_t unit = text.find("iB"); unit != std::string::npos && !fits(text)) {
    text = text.substr(0, text.find(' ')) + text[unit - 1];
  }
  return text;
}

}  // namespace

void event_menu(const Context& context) {
  if (!ui::begin_context_menu("of the event")) return;
  command_rows(context, {app::Do::EditMark, app::Do::EditNote, app::Do::TryRequest, app::Do::RangeFrom,
                         app::Do::RangeTo, app::Do::CompareFrom, app::Do::CopyText});
  ui::end_context_menu();
}

void seek_to(const Context& context, std::uint64_t index) {
  app::Command command;
  command.what = app::Do::SeekTo;
  command.position = {index + 1, replay::kAllSteps};
  context.commands.push(std::move(command));
}

EventColumns event_columns(const Context& context, draw::Rect rect) {
  EventColumns columns;
  const ui::WithFont font(ui::Font::MonoSmall);
  const float em = context.em;
  const float index = ui::text_width(trace::count_text(context.state.document.trace->size()));
  columns.index_right = rect.x0 + 0.5f * em + std::max(index, 1.6f * em);
  columns.op = columns.index_right + 0.8f * em;
  // The id stands where "realloc" ends at the latest; the size ends where a badge still fits on a comfortable width.
  columns.id = columns.op + 3.4f * em;
  // Where it does not, it stands before the size, and needs all the room up to the edge.
  const float comfortable = rect.x1 - 6.9f * em;
  if (comfortable >= columns.id + 6.5f * em) {
    columns.size_right = comfortable;
    return columns;
  }
  // A narrow list: the id stands where "alloc" ends, and after the rare "realloc" a little further right.
  columns.narrow = true;
  columns.size_right = rect.x1 - 1.9f * em;
  columns.id = columns.op + text_width(ui::Font::Body, "alloc") + 0.6f * em;
  return columns;
}

void event_row(const Context& context, const EventColumns& columns, std::uint64_t index, draw::Rect row) {
  const draw::Theme& theme = context.theme;
  const trace::Trace& trace = *context.state.document.trace;
  const std::uint64_t at = context.state.cursor().event;
  const bool current = index + 1 == at;
  const bool ahead = index >= at;
  if (row_button(context, fmt::format("##{}", index + 1).c_str(), row, current)) seek_to(context, index);
  if (ImGui::IsItemHovered() && ImGui::IsMouseReleased(1)) {
    seek_to(context, index);
    ui::open_context_menu("of the event");
  }
  // Found among all: on a ground of its own. Where nothing else is listed all of them would have it.
  if (!app::list_is_narrowed(context.state) && app::is_found(context.state, index)) {
    ui::fill(ui::draw_list(), row, draw::with_alpha(theme.live, 36));
  }
  const Event event = trace.event(index);
  const Tag tag = tag_of(context, event, index);
  if (!tag.word.empty()) ui::tooltip(tag.hint);
  {
    const ui::WithFont font(ui::Font::MonoSmall);
    row_text_right(row, columns.index_right, current ? theme.text_dim : theme.text_faint, trace::count_text(index + 1));
  }
  if (event.op == Op::Mark) return mark_row(context, columns, index, row);
  const bool lives = is_live(context, index);
  if (lives) {
    const float x = std::round(columns.op - 0.5f * context.em), inset = std::round(0.45f * context.em);
    ui::fill(ui::draw_list(), {x, row.y0 + inset, x + std::max(2.0f, std::round(0.16f * context.em)), row.y1 - inset},
             theme.live);
  }
  const draw::Color faded = ahead ? theme.text_faint : lives || current ? theme.text : theme.text_dim;
  const bool freed = event.op == Op::Free && !ahead && !failed_here(context, index);
  const draw::Color word = freed ? theme.ok : faded;
  const float said = row_text(row, columns.op, word, trace::word_of(event.op), 3.2f * context.em);
  const float id_left = columns.narrow ? std::max(columns.id, columns.op + said + 0.4f * context.em) : columns.id;

  std::string id = trace.id_text(event);
  if (event.has(trace::kByOffset)) id = trace::offset_text(event.offset, context.state.timeline().census().arena_bytes);
  const auto id_font = event.has(trace::kNamedId) ? ui::Font::Bold : ui::Font::MonoSmall;
  const bool sized = event.op == Op::Alloc || event.op == Op::Realloc;
  std::string size;
  if (sized) {  // who has it is worth more than the last bytes
    size = size_that_fits(event.size, columns.size_right - id_left - text_width(id_font, id) - 0.4f * context.em);
    if (tag.word.empty() && size != trace::exact_size_text(event.size)) {
      ui::tooltip(trace::exact_size_text(event.size));
    }
    // Nor may the sign that something is special take its place: then the tooltip says the size.
    const float needed = text_width(id_font, id) + badge_width(context, tag.sign) + 0.55f * context.em;
    if (columns.narrow && !tag.word.empty() &&
        id_left + needed + text_width(ui::Font::MonoSmall, size) > columns.size_right) {
      size.clear();
      ui::tooltip(trace::exact_size_text(event.size) + "\n" + tag.hint);
    }
  }
  float size_left = columns.size_right;
  {
    const ui::WithFont font(ui::Font::MonoSmall);
    const float width = ui::text_width(size);
    const float right = columns.size_right;
    size_left = right - width;
    if (!size.empty()) {
      row_text_right(row, right, faded, size);
      ui::place(fmt::format("size {}", index + 1), {size_left, row.y0, right, row.y1});
    }
    if (!tag.word.empty()) {
      const Span badge_at =
          draw_tag(context, tag, row, columns, size_left, id_left - columns.id + text_width(id_font, id));
      ui::place(fmt::format("tag {}", index + 1), {badge_at.from, row.y0, badge_at.to, row.y1});
      size_left = std::min(size_left, badge_at.from);
    }
  }
  const ui::WithFont font(id_font);
  const float end = sized || !tag.word.empty() ? size_left : row.x1;
  const float room = end - id_left - (columns.narrow ? 0.25f : 0.4f) * context.em;
  if (!event.has(trace::kNamedId)) id = tail_that_fits(id, room);
  const float shown = row_text(row, id_left, ahead ? theme.text_dim : faded, id, room);
  ui::place(fmt::format("id {}", index + 1), {id_left, row.y0, id_left + shown, row.y1});
  if (trace.mark_name(index) != nullptr) draw_flag(context, index, row, columns, id_left + shown, end);
}

void failure_row(const Context& context, std::uint64_t index, draw::Rect row) {
  const draw::Theme& theme = context.theme;
  const app::State& state = context.state;
  const bool current = index + 1 == state.cursor().event;
  if (row_button(context, fmt::format("##{}", index + 1).c_str(), row, current)) seek_to(context, index);
  if (ImGui::IsItemHovered() && ImGui::IsMouseReleased(1)) {
    seek_to(context, index);
    ui::open_context_menu("of the event");
  }
  const Event event = state.document.trace->event(index);
  const float half = row.y0 + 0.52f * row.height();
  const draw::Rect upper{row.x0, row.y0 + 0.25f * context.em, row.x1, half};
  const draw::Rect lower{row.x0, half, row.x1, row.y1 - 0.25f * context.em};
  const float left = row.x0 + 0.8f * context.em;
  row_text(upper, left, theme.failed, "✕");
  const float text = left + 1.2f * context.em;
  {
    const ui::WithFont font(ui::Font::Mono);
    const float width = row_text(upper, text, theme.text, trace::count_text(index + 1));
    const float right = row.x1 - 0.6f * context.em;
    const std::string what = event.op == Op::Free ? "free" : draw::telling_size(event.size);
    if (text + width + ui::text_width(what) + context.em < right) row_text_right(upper, right, theme.text, what);
  }
  const ui::WithFont font(ui::Font::Small);
  std::string why = app::refusal_text(state, index);
  const float room = row.x1 - text - 0.4f * context.em;
  // Of "needs 8 KiB, largest free 4 KiB" what there was: what was asked for stands above it.
  const std::size_t needs = why.find("needs "), comma = why.find(", ", std::min(needs, why.size()));
  if (comma != std::string::npos && ui::text_width(why) > room) why.erase(needs, comma + 2 - needs);
  row_text(lower, text, theme.text_dim, why, room);
  ui::place(why, lower);
}

namespace {

struct TabInfo {
  app::LeftTab tab;
  app::Do command;
  const char* label;
  const char* narrow;  // takes a fifth less room
};
constexpr TabInfo kTabs[] = {{app::LeftTab::Events, app::Do::ShowEventList, "EVENTS", "Events"},
                             {app::LeftTab::Failures, app::Do::ShowFailures, "FAILURES", "Failures"},
                             {app::LeftTab::Groups, app::Do::ShowGroups, "GROUPS", "Groups"},
                             {app::LeftTab::Scenarios, app::Do::ShowScenarios, "LESSONS", "Lessons"}};

float width_of(const char* TabInfo::*word) {
  float width = 0;
  for (const TabInfo& info : kTabs) width += ui::text_width(info.*word);
  return width;
}

}  // namespace

draw::Rect left_tabs(const Context& context, draw::Rect rect) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const draw::Rect inside = ui::panel_frame(theme, rect, "", " ");
  const ui::WithFont font(ui::Font::SmallBold);
  const draw::Rect line{rect.x0, rect.y0 + std::round(0.35f * em), rect.x1, rect.y0 + std::round(2.05f * em)};
  const std::size_t failures = context.state.failures.size();
  const std::string counted = failures != 0 ? fmt::format(" {}", trace::count_text(failures)) : std::string{};
  // They are written in small letters, then move together, then a cross stands for how many failed, as far as that
  // helps; where it does not, only the chosen one is spelled out.
  const auto gaps = static_cast<float>(2 * std::size(kTabs));
  const float least = std::round(0.12f * em), most = std::round(0.35f * em);
  const float whole = rect.x1 - inside.x0 - ui::text_width(counted);
  const bool crossed = failures > 9 && whole - width_of(&TabInfo::narrow) < gaps * least;
  const std::string failed = crossed ? " ✕" : counted;
  const float all = rect.x1 - inside.x0 - ui::text_width(failed);
  const bool narrow = all - width_of(&TabInfo::label) < gaps * most;
  const auto word_of = narrow ? &TabInfo::narrow : &TabInfo::label;
  const float room = all - width_of(word_of);
  const float pad = std::clamp(std::floor(room / gaps), least, most);
  const bool cut = room < gaps * pad;
  float x = inside.x0 - pad;
  for (const TabInfo& info : kTabs) {
    const bool chosen = context.state.left_tab == info.tab;
    const std::string count = info.tab == app::LeftTab::Failures ? failed : std::string{};
    const std::string_view word = std::string_view(info.*word_of).substr(0, cut && !chosen ? 3 : std::string::npos);
    const float width = ui::text_width(word) + ui::text_width(count) + 2 * pad;
    ImGui::SetCursorScreenPos(ImVec2(x, line.y0));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
    ImGui::PushStyleColor(ImGuiCol_Header, ImGui::ColorConvertU32ToFloat4(0));
    const std::string label = fmt::format("##{}", info.label);
    if (ui::selectable(label.c_str(), chosen, {width, line.height()})) context.commands.push(info.command);
    ImGui::PopStyleColor();
    ImGui::PopStyleVar();
    const bool counts = info.tab == app::LeftTab::Failures && crossed;
    if (counts || word.size() != std::string_view(info.label).size()) {
      ui::tooltip(fmt::format("{}{}", info.label, counts ? counted : std::string{}));
    }
    ui::place(fmt::format("tab {}", word), {x, line.y0, x + width, line.y1});
    const float used = row_text(line, x + pad, chosen ? theme.text : theme.text_faint, word);
    row_text(line, x + pad + used, theme.failed, count);
    if (chosen) ui::fill(ui::draw_list(), {x + pad, line.y1, x + width - pad, line.y1 + 2}, theme.live);
    x += width;
  }
  return {inside.x0, inside.y0 + 0.3f * em, inside.x1, inside.y1};
}

}  // namespace allocviz::panels
