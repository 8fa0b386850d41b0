#include "app/keyboard.h"

#include <GLFW/glfw3.h>

namespace forkscope::app {

using views::Command;
using views::CommandKind;

std::optional<Command> command_of(const KeyPress& press) {
  if (press.control) {
    // The plus shares its key with '=' on many layouts.
    if (press.character == '+' || press.character == '=' || press.key == GLFW_KEY_KP_ADD) {
      return Command{CommandKind::bigger};
    }
    if (press.character == '-' || press.key == GLFW_KEY_KP_SUBTRACT) {
      return Command{CommandKind::smaller};
    }
    return std::nullopt;
  }
  switch (press.key) {
    case GLFW_KEY_SPACE: return Command{CommandKind::toggle_pause};
    case GLFW_KEY_ESCAPE: return Command{CommandKind::dismiss};
    case GLFW_KEY_F1: return Command{CommandKind::toggle_help};
    case GLFW_KEY_F11: return Command{CommandKind::toggle_full_screen};
    case GLFW_KEY_F12: return Command{CommandKind::screenshot};
    default: break;
  }
  // The row of digits by its place: on some layouts digits need Shift.
  if (press.key >= GLFW_KEY_1 && press.key <= GLFW_KEY_9) {
    return Command{CommandKind::select, static_cast<std::uint32_t>(press.key - GLFW_KEY_0)};
  }
  switch (press.character) {
    case 'l': return Command{CommandKind::toggle_load};
    case 'h': return Command{CommandKind::hang};
    case 'c': return Command{CommandKind::crash};
    case 'f': return Command{CommandKind::toggle_freeze};
    case 'k': return Command{CommandKind::kill};
    case 't': return Command{CommandKind::toggle_theme};
    case 'p': return Command{CommandKind::toggle_presenter};
    case '?': return Command{CommandKind::toggle_help};
    default: return std::nullopt;
  }
}

}  // namespace forkscope::app
