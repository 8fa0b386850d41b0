// What happens to output that nobody reads.
#include "text/output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>

#include "text/line_log.h"

namespace forkscope::text {
namespace {

using os::UniqueFd;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
    ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  }
  std::string read() const {
    std::string text(1 << 17, 0);
    const ssize_t count = ::read(reader.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  UniqueFd reader;
  UniqueFd writer;
};

TEST(Output, KeepsWhatAPipeDoesNotTakeAndGoesOnInOrder) {
  const Pipe pipe;
  Output output(pipe.writer.get());
  std::string all;
  while (output.kept() == 0) {
    const std::string line = std::to_string(all.size()) + ' ';
    all += line;
    ASSERT_TRUE(output.write(line));
  }
  EXPECT_EQ(output.awaited() >= 0, true);
  std::string seen = pipe.read();
  ASSERT_TRUE(output.flush());
  seen += pipe.read();
  EXPECT_EQ(seen, all);
  EXPECT_EQ(output.awaited(), -1);
}

TEST(Output, LeavesTheShellsDescriptionAsItIs) {
  const Pipe pipe;
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(terminal.get()) + ::unlockpt(terminal.get()), 0);
  const UniqueFd shell(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  for (const int descriptor : {pipe.writer.get(), shell.get()}) {
    Output output(descriptor);
    while (output.kept() == 0) ASSERT_TRUE(output.write("some more of it\n"));
    EXPECT_EQ(::fcntl(descriptor, F_GETFL) & O_NONBLOCK, 0);
  }
}

TEST(Output, AppendsToAFileWhereTheShellHasGotTo) {
  std::string name = ::testing::TempDir() + "outputXXXXXX";
  const UniqueFd file(::mkstemp(name.data()));
  ASSERT_EQ(::write(file.get(), "before ", 7), 7);
  ASSERT_TRUE(Output(file.get()).write("after"));
  std::string text(12, 0);
  EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), 12);
  EXPECT_EQ(text, "before after");
  ::unlink(name.c_str());
}

TEST(LineLog, SaysHowManyLinesItHasLeftOut) {
  const Pipe pipe;
  const Pipe notices;
  LineLog log(pipe.writer.get(), notices.writer.get());
  const std::string line = std::string(999, 'x') + '\n';
  constexpr std::size_t kLines = 3'000;
  for (std::size_t i = 0; i < kLines; ++i) log.add(line);
  std::string seen;
  for (std::string part = pipe.read(); !part.empty(); part = pipe.read()) {
    seen += part;
    ASSERT_TRUE(log.flush());
  }
  const std::size_t whole = seen.rfind('x') / line.size() + 1;
  EXPECT_GT(whole, 1'000U);  // about a megabyte
  const std::string thousands = std::to_string((kLines - whole) % 1000);
  EXPECT_THAT(seen, testing::EndsWith(thousands + " lines left out: nobody read them)\n"));
}

}  // namespace
}  // namespace forkscope::text
