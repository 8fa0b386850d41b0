// Which key does what, without a window.
#include "app/keyboard.h"

#include <GLFW/glfw3.h>
#include <gtest/gtest.h>

namespace forkscope::app {
namespace {

using views::CommandKind;

std::optional<CommandKind> kind_of(const KeyPress& press) {
  const auto command = command_of(press);
  return command ? std::optional(command->kind) : std::nullopt;
}

TEST(Keyboard, LettersMeanWhatTheyAreLabelledWith) {
  const struct {
    char letter;
    CommandKind kind;
  } keys[] = {{'l', CommandKind::toggle_load},
              {'h', CommandKind::hang},
              {'c', CommandKind::crash},
              {'f', CommandKind::toggle_freeze},
              {'k', CommandKind::kill},
              {'r', CommandKind::reload},
              {'o', CommandKind::toggle_protection},
              {'n', CommandKind::next_lesson_step},
              {'m', CommandKind::set_marker},
              {'w', CommandKind::toggle_why},
              {'s', CommandKind::toggle_servers},
              {'t', CommandKind::toggle_theme},
              {'p', CommandKind::toggle_presenter}};
  for (const auto& key : keys) {
    EXPECT_EQ(kind_of({.key = GLFW_KEY_A, .character = key.letter}), key.kind) << key.letter;
    EXPECT_EQ(kind_of({.key = GLFW_KEY_A, .character = key.letter, .repeated = true}), std::nullopt)
        << key.letter;
  }
}

TEST(Keyboard, ShiftControlAndAltTurnTheOptionsOfAKey) {
  EXPECT_EQ(kind_of({.character = 'l', .shift = true}), CommandKind::next_rate);
  EXPECT_EQ(kind_of({.character = 'l', .control = true}), CommandKind::next_connections);
  EXPECT_EQ(kind_of({.character = 'l', .control = true, .shift = true}), CommandKind::next_target);
  EXPECT_EQ(kind_of({.character = 'l', .alt = true}), CommandKind::next_post_share);
  EXPECT_EQ(kind_of({.character = 'l', .shift = true, .alt = true}), CommandKind::next_long_share);
  EXPECT_EQ(kind_of({.character = 'l', .control = true, .alt = true}), CommandKind::toggle_fresh);
  EXPECT_EQ(kind_of({.character = 'b'}), CommandKind::next_balance);
  EXPECT_EQ(kind_of({.character = 'b', .shift = true}), CommandKind::compare);
  EXPECT_EQ(kind_of({.character = 'h', .shift = true}), CommandKind::set_hang_mode);
  EXPECT_EQ(kind_of({.character = 'c', .shift = true}), CommandKind::set_crash_way);
  EXPECT_EQ(kind_of({.character = 'm', .control = true}), CommandKind::toggle_reduced_motion);
  EXPECT_EQ(kind_of({.character = 'c', .control = true}), std::nullopt);
  EXPECT_EQ(kind_of({.character = 'k', .alt = true}), std::nullopt);
}

TEST(Keyboard, ArrowsStepAndGoOnWhileTheyAreHeld) {
  for (const bool repeated : {false, true}) {
    EXPECT_EQ(kind_of({.key = GLFW_KEY_LEFT, .repeated = repeated}), CommandKind::step_back);
    EXPECT_EQ(kind_of({.key = GLFW_KEY_RIGHT, .repeated = repeated}), CommandKind::step_forward);
  }
  EXPECT_EQ(kind_of({.key = GLFW_KEY_LEFT, .shift = true}), CommandKind::previous_incident);
  EXPECT_EQ(kind_of({.key = GLFW_KEY_RIGHT, .shift = true}), CommandKind::next_incident);
  EXPECT_EQ(kind_of({.key = GLFW_KEY_END}), CommandKind::go_live);
  EXPECT_EQ(kind_of({.key = GLFW_KEY_ENTER}), CommandKind::confirm);
  EXPECT_EQ(kind_of({.key = GLFW_KEY_SPACE}), CommandKind::toggle_pause);
}

TEST(Keyboard, TypedCharactersMeanTheSameOnEveryLayout) {
  EXPECT_EQ(kind_of({.typed = '?'}), CommandKind::toggle_help);
  EXPECT_EQ(kind_of({.typed = '+'}), CommandKind::more_workers);
  EXPECT_EQ(kind_of({.typed = '-'}), CommandKind::fewer_workers);
  EXPECT_EQ(kind_of({.typed = 'h'}), std::nullopt);  // its key has been heard already
  EXPECT_EQ(kind_of({.key = GLFW_KEY_EQUAL, .character = '=', .control = true}),
            CommandKind::bigger);
  EXPECT_EQ(kind_of({.key = GLFW_KEY_MINUS, .character = '-', .control = true}),
            CommandKind::smaller);
}

TEST(Keyboard, XSaysWhatWasLost) {
  EXPECT_EQ(kind_of({.key = GLFW_KEY_X, .character = 'x'}), CommandKind::toggle_losses);
}

TEST(Keyboard, DigitsSelectAWorker) {
  const auto command = command_of({.key = GLFW_KEY_3, .character = '3'});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, CommandKind::select);
  EXPECT_EQ(command->value, 3U);
}

}  // namespace
}  // namespace forkscope::app
