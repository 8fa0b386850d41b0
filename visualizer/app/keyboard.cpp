#include "app/keyboard.h"

#include <GLFW/glfw3.h>

namespace forkscope::app {

using views::Command;
using views::CommandKind;

namespace {

std::optional<Command> with_control(const KeyPress& press) {
  // The plus shares its key with '=' on many layouts.
  if (press.character == '+' || press.character == '=' || press.key == GLFW_KEY_KP_ADD) {
    return Command{CommandKind::bigger};
  }
  if (press.character == '-' || press.key == GLFW_KEY_KP_SUBTRACT) {
    return Command{CommandKind::smaller};
  }
  switch (press.character) {
    case 'l':
      if (press.alt) return Command{CommandKind::toggle_fresh};
      return Command{press.shift ? CommandKind::next_target : CommandKind::next_connections};
    case 'm': return Command{CommandKind::toggle_reduced_motion};
    case 'q': return Command{CommandKind::quit};
    default: return std::nullopt;
  }
}

/// Keys that say the same wherever they lie, and the arrows, which go on while they are held.
std::optional<Command> by_key(const KeyPress& press) {
  switch (press.key) {
    case GLFW_KEY_LEFT:
      return Command{press.shift ? CommandKind::previous_incident : CommandKind::step_back};
    case GLFW_KEY_RIGHT:
      return Command{press.shift ? CommandKind::next_incident : CommandKind::step_forward};
    default: break;
  }
  if (press.repeated) return std::nullopt;
  switch (press.key) {
    case GLFW_KEY_SPACE: return Command{CommandKind::toggle_pause};
    case GLFW_KEY_END: return Command{CommandKind::go_live};
    case GLFW_KEY_UP: return Command{CommandKind::choose_up};
    case GLFW_KEY_DOWN: return Command{CommandKind::choose_down};
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER: return Command{CommandKind::confirm};
    case GLFW_KEY_ESCAPE: return Command{CommandKind::dismiss};
    case GLFW_KEY_F1: return Command{CommandKind::toggle_help};
    case GLFW_KEY_F11: return Command{CommandKind::toggle_full_screen};
    case GLFW_KEY_F12: return Command{CommandKind::screenshot};
    default: break;
  }
  // The row of digits by its place: on some layouts digits need Shift.
  if (press.key >= GLFW_KEY_1 && press.key <= GLFW_KEY_9) {
    return Command{CommandKind::select, static_cast<std::uint64_t>(press.key - GLFW_KEY_0)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Command> command_of(const KeyPress& press) {
  if (press.control) return press.repeated ? std::nullopt : with_control(press);
  if (const auto command = by_key(press)) return command;
  if (press.repeated) return std::nullopt;
  if (press.alt) {
    if (press.character != 'l') return std::nullopt;
    return Command{press.shift ? CommandKind::next_long_share : CommandKind::next_post_share};
  }
  switch (press.character) {
    case 'l': return Command{press.shift ? CommandKind::next_rate : CommandKind::toggle_load};
    case 'h': return Command{press.shift ? CommandKind::set_hang_mode : CommandKind::hang};
    case 'c': return Command{press.shift ? CommandKind::set_crash_way : CommandKind::crash};
    case 'f': return Command{CommandKind::toggle_freeze};
    case 'k': return Command{CommandKind::kill};
    case 'r': return Command{CommandKind::reload};
    case 'b': return Command{press.shift ? CommandKind::compare : CommandKind::next_balance};
    case 'o': return Command{CommandKind::toggle_protection};
    case 'n': return Command{CommandKind::next_lesson_step};
    case 'm': return Command{CommandKind::set_marker};
    case 's': return Command{CommandKind::toggle_servers};
    case 'w': return Command{CommandKind::toggle_why};
    case 'x': return Command{CommandKind::toggle_losses};
    case 't': return Command{CommandKind::toggle_theme};
    case 'p': return Command{CommandKind::toggle_presenter};
    default: break;
  }
  switch (press.typed) {
    case '?': return Command{CommandKind::toggle_help};
    case '+':
    case '=': return Command{CommandKind::more_workers};
    case '-': return Command{CommandKind::fewer_workers};
    default: return std::nullopt;
  }
}

}  // namespace forkscope::app
