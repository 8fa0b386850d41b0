#include "bus/bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bus/member.h"
#include "forkscope/telemetry/clock.h"

namespace forkscope::bus {
namespace {

using ::testing::ElementsAre;

constexpr int kDeadlineMs = 60'000;  // for what takes microseconds on a machine of its own

/// The bytes of message `number`: each word of them says which message it belongs to, so one that
/// does not is torn. Of any length.
std::string text_of(std::uint64_t number) {
  const std::size_t words = 1 + number * 7919 % 97;
  std::string text(words * sizeof number, '\0');
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t word = number * 1000 + i;
    std::memcpy(text.data() + i * sizeof word, &word, sizeof word);
  }
  return text.substr(0, text.size() - number % sizeof number);
}

/// What somebody has heard: whether it is whole and in order, and whether nothing is missing.
class Heard {
 public:
  /// Everything that is there.
  void take(Member& member) {
    while (take_some(member)) {
    }
  }
  bool take_some(Member& member) {
    return member.receive(
        [this](const Message& message) {
          ++received_;
          if (message.bytes != text_of(message.number)) ++torn_;
          auto& next = next_.at(message.from);
          if (message.number < next) ++out_of_order_;
          next = message.number + 1;
        },
        [this](std::uint32_t, std::uint64_t count) { lost_ += count; });
  }
  std::uint64_t received() const { return received_; }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t accounted() const { return received_ + lost_; }
  std::uint64_t wrong() const { return torn_ + out_of_order_; }

 private:
  std::vector<std::uint64_t> next_ = std::vector<std::uint64_t>(telemetry::kMaxSlots + 1);
  std::uint64_t received_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t torn_ = 0;
  std::uint64_t out_of_order_ = 0;
};

std::uint64_t published(const Bus& bus, std::uint32_t slot) {
  return OutboxReader(bus.outbox(slot)).head();
}

/// The next message of that slot, by the rule of text_of().
void publish_next(const Bus& bus, Member& member, std::uint32_t slot) {
  member.publish(text_of(published(bus, slot)));
}

bool is_readable(int fd, int timeout_ms = 0) {
  pollfd event{fd, POLLIN, 0};
  return ::poll(&event, 1, timeout_ms) == 1;
}

/// A process that is a member; it is killed with the test.
class Process {
 public:
  Process(Bus& bus, std::uint32_t slot, const std::function<void(Member&)>& body) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::signal(SIGSEGV, SIG_DFL);  // not the sanitizer's
    Member member(bus, slot);
    body(member);
    ::_exit(EXIT_SUCCESS);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) kill();
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    end();
  }
  /// How it has ended (waitpid(2)).
  int end() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }

 private:
  pid_t pid_ = 0;
};

struct Texts {
  std::vector<std::string> texts;
  std::vector<std::string> losses;

  void take(Member& member) {
    while (member.receive(
        [this](const Message& message) {
          texts.push_back(std::to_string(message.from) + ": " + std::string(message.bytes));
        },
        [this](std::uint32_t from, std::uint64_t count) {
          losses.push_back(std::to_string(from) + ": " + std::to_string(count));
        })) {
    }
  }
};

class BusTest : public ::testing::Test {
 protected:
  Bus bus_{4};
};

TEST_F(BusTest, HandsToEveryoneElseWhatEachSaysInItsOrder) {
  Member first(bus_, 0);
  Member second(bus_, 1);
  Member fourth(bus_, 3);
  first.publish("a");
  second.publish("b");
  first.publish("c");
  Texts at_fourth;
  at_fourth.take(fourth);
  EXPECT_THAT(at_fourth.texts, ElementsAre("1: a", "1: c", "2: b"));
  Texts at_first;
  at_first.take(first);
  EXPECT_THAT(at_first.texts, ElementsAre("2: b")) << "and nothing to whoever says it";
  EXPECT_TRUE(at_first.losses.empty());
}

TEST_F(BusTest, BeginsWithWhatIsSaidFromThenOn) {
  Member speaker(bus_, 0);
  speaker.publish("before");
  Member listener(bus_, 1);
  speaker.publish("after");
  Member late_speaker(bus_, 2);
  late_speaker.publish("of one that came later");
  Texts heard;
  heard.take(listener);
  EXPECT_THAT(heard.texts, ElementsAre("1: after", "3: of one that came later"));
  EXPECT_TRUE(heard.losses.empty());
}

TEST_F(BusTest, TakesMessagesOfAnyLengthUpToTheLargest) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  const std::string largest(kMaxMessage, 'x');
  EXPECT_TRUE(speaker.publish(""));
  EXPECT_TRUE(speaker.publish(largest));
  EXPECT_FALSE(speaker.publish(largest + 'x'));
  EXPECT_TRUE(speaker.publish("123456789"));
  Texts heard;
  heard.take(listener);
  EXPECT_THAT(heard.texts, ElementsAre("1: ", "1: " + largest, "1: 123456789"));
}

TEST_F(BusTest, KeepsMessagesWholeAllAroundTheRing) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  Heard heard;
  constexpr std::uint64_t kMessages = 20'000;  // 390 bytes each on average: seven times around
  for (std::uint64_t n = 0; n < kMessages; ++n) {
    publish_next(bus_, speaker, 0);
    if (n % 100 == 0) heard.take(listener);
  }
  heard.take(listener);
  EXPECT_EQ(heard.received(), kMessages);
  EXPECT_EQ(heard.lost(), 0U);
  EXPECT_EQ(heard.wrong(), 0U);
}

TEST_F(BusTest, CountsExactlyWhatASlowReaderHasMissed) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  Heard heard;
  for (const std::uint64_t more : {5, 3'000, 50'000, 10, 2'700}) {
    for (std::uint64_t n = 0; n < more; ++n) publish_next(bus_, speaker, 0);
    heard.take(listener);
    EXPECT_EQ(heard.accounted(), published(bus_, 0));
  }
  EXPECT_GT(heard.lost(), 0U);
  EXPECT_GT(heard.received(), 5'000U) << "what was not overwritten is not lost";
  EXPECT_EQ(heard.wrong(), 0U);
}

TEST_F(BusTest, LosesShortOnesWhenThereAreMoreThanItHasPlacesFor) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  for (std::uint32_t n = 0; n < kPlaces + 41; ++n) speaker.publish("x");
  Texts heard;
  heard.take(listener);
  EXPECT_EQ(heard.texts.size(), kPlaces - 1);
  EXPECT_THAT(heard.losses, ElementsAre("1: 42"));
}

TEST_F(BusTest, HandsOverALimitedNumberAtOnce) {
  Member speaker(bus_, 0);
  Member chatterbox(bus_, 1);
  Member listener(bus_, 2);
  const int fd = listener.fd();
  for (std::uint32_t n = 0; n < 3 * Member::kPerCall; ++n) publish_next(bus_, chatterbox, 1);
  publish_next(bus_, speaker, 0);
  Heard heard;
  EXPECT_TRUE(heard.take_some(listener));
  EXPECT_EQ(heard.received(), Member::kPerCall);
  EXPECT_TRUE(is_readable(fd));
  heard.take(listener);
  EXPECT_EQ(heard.received(), 3 * Member::kPerCall + 1);
  EXPECT_FALSE(is_readable(fd));
}

TEST_F(BusTest, HandsNothingOverTwiceWhenAListenerThrows) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  const int fd = listener.fd();
  publish_next(bus_, speaker, 0);
  publish_next(bus_, speaker, 0);
  const auto ignore = [](std::uint32_t, std::uint64_t) {};
  EXPECT_THROW(
      listener.receive([](const Message&) { throw std::runtime_error("not this one"); }, ignore),
      std::runtime_error);
  EXPECT_TRUE(is_readable(fd));
  Heard heard;
  heard.take(listener);
  EXPECT_EQ(heard.received(), 1U);
}

TEST_F(BusTest, WakesWhoeverHasAskedAndOnceForEachQuestion) {
  Member speaker(bus_, 0);
  Member asleep(bus_, 1);
  Member not_interested(bus_, 2);
  publish_next(bus_, speaker, 0);
  EXPECT_TRUE(is_readable(asleep.fd())) << "there is something already";
  Heard heard;
  heard.take(asleep);
  for (int n = 0; n < 1'000; ++n) publish_next(bus_, speaker, 0);
  eventfd_t calls = 0;
  ASSERT_EQ(::eventfd_read(asleep.fd(), &calls), 0);
  EXPECT_EQ(calls, 1U);
  EXPECT_FALSE(is_readable(bus_.descriptors()[2])) << "it has never asked";
}

TEST_F(BusTest, LooksOnceMoreBeforeItSleeps) {
  Member first(bus_, 0);
  Member second(bus_, 1);
  Member listener(bus_, 2);
  const int fd = listener.fd();
  publish_next(bus_, second, 1);
  // When the second one's is handed over, the first one's outbox has been looked at already.
  const auto say_more = [&](const Message&) { publish_next(bus_, first, 0); };
  EXPECT_TRUE(listener.receive(say_more, [](auto, auto) {}));
  EXPECT_TRUE(is_readable(fd));
  Heard heard;
  heard.take(listener);
  EXPECT_EQ(heard.received(), 1U);
}

TEST_F(BusTest, GoesOnWhereTheOneBeforeHasEnded) {
  Member listener(bus_, 1);
  Heard heard;
  for (int generation = 0; generation < 3; ++generation) {
    Member speaker(bus_, 0);
    for (int n = 0; n < 10; ++n) publish_next(bus_, speaker, 0);
    heard.take(listener);
  }
  EXPECT_EQ(heard.received(), 30U);
  EXPECT_EQ(heard.wrong(), 0U);
}

TEST_F(BusTest, WakesForTheLastMessageOfOneThatDiedBeforeItCouldDoSo) {
  Member listener(bus_, 1);
  const int fd = listener.fd();
  OutboxWriter(bus_.outbox(0)).write("last words");
  EXPECT_FALSE(is_readable(fd));
  const Member successor(bus_, 0);
  EXPECT_TRUE(is_readable(fd));
}

TEST_F(BusTest, HasNoPlaceForMoreWorkersThanItWasMadeFor) {
  EXPECT_THROW(Member(bus_, 4), std::out_of_range);
}

TEST_F(BusTest, SurvivesOutboxesThatLie) {
  Member before(bus_, 0);
  Member listener(bus_, 1);
  for (int n = 0; n < 100; ++n) before.publish("a message");
  std::minstd_rand random(7);
  telemetry::Word* words = bus_.outbox(0);
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 50; ++i) {  // the numbers on top, and places
      words[random() % (kLaneWord + 2 * 200)] = random() % 3 == 0 ? random() : ~0ULL - random();
    }
    std::uint32_t handed_over = 0;
    const bool more = listener.receive(
        [&](const Message& message) {
          ++handed_over;
          EXPECT_LE(message.bytes.size(), kMaxMessage);
        },
        [](std::uint32_t, std::uint64_t) {});
    EXPECT_LE(handed_over, Member::kPerCall) << more;
  }
  Member after(bus_, 0);
  Texts heard;
  for (int n = 0; n < 100'000 && listener.receive([](auto&) {}, [](auto, auto) {}); ++n) {
  }
  after.publish("sane again");
  heard.take(listener);
  EXPECT_THAT(heard.texts, ElementsAre("1: sane again"));
}

TEST_F(BusTest, TellsThatALyingOutboxHasLostNobodyKnowsHowMuch) {
  Member speaker(bus_, 0);
  Member listener(bus_, 1);
  speaker.publish("one");
  speaker.publish("two");
  Texts heard;
  heard.take(listener);
  bus_.outbox(0)[kLaneWord] = 1;  // the head moves backwards
  heard.take(listener);
  EXPECT_THAT(heard.losses, ElementsAre("1: 0"));
}

TEST_F(BusTest, LetsAWorkerWriteToItsOwnOutboxAlone) {
  Process vandal(bus_, 0, [this](Member& member) {
    member.publish("mine");
    *bus_.outbox(1) = 0;
  });
  const int status = vandal.end();
  EXPECT_EQ(published(bus_, 0), 1U);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

// TSan watches this one: see the label in CMakeLists.txt.
TEST_F(BusTest, NeverShowsATornMessageToMembersOnOtherThreads) {
  constexpr std::uint64_t kMessages = 30'000;
  std::vector<std::thread> threads;
  std::array<Heard, 2> heard;
  std::atomic<int> here = 0;
  for (std::uint32_t i = 0; i < heard.size(); ++i) {
    threads.emplace_back([&, i] {
      Member listener(bus_, 1 + i);
      const int fd = listener.fd();
      ++here;
      while (heard[i].accounted() < kMessages && is_readable(fd, kDeadlineMs)) {
        heard[i].take_some(listener);
      }
    });
  }
  Member speaker(bus_, 0);
  while (here < 2) std::this_thread::yield();
  for (std::uint64_t n = 0; n < kMessages; ++n) publish_next(bus_, speaker, 0);
  for (std::thread& thread : threads) thread.join();
  for (const Heard& one : heard) {
    EXPECT_EQ(one.accounted(), kMessages) << "loss is exact";
    EXPECT_EQ(one.wrong(), 0U);
  }
}

TEST_F(BusTest, TearsNothingWhenASpeakerIsKilledInTheMiddleOfIt) {
  Member listener(bus_, 1);
  Heard heard;
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t before = published(bus_, 0);
    Process speaker(bus_, 0, [this](Member& member) {
      while (true) publish_next(bus_, member, 0);
    });
    const std::uint64_t enough = before + 10 + static_cast<std::uint64_t>(round) * 37;
    while (published(bus_, 0) < enough) heard.take_some(listener);
    speaker.kill();
  }
  heard.take(listener);
  EXPECT_EQ(heard.accounted(), published(bus_, 0));
  EXPECT_GT(heard.received(), 0U);
  EXPECT_EQ(heard.wrong(), 0U);
}

/// Until so many have been heard in all. False: a wake-up was missed.
bool await(Member& member, std::uint64_t& received, std::uint64_t wanted) {
  while (received < wanted) {
    if (!is_readable(member.fd(), kDeadlineMs)) return false;
    member.receive([&](auto&) { ++received; }, [](auto, auto) {});
  }
  return true;
}

TEST_F(BusTest, ForgetsNobodyWhoSleeps) {
  constexpr std::uint64_t kRounds = 5'000;
  Member here(bus_, 0);
  here.fd();
  Process there(bus_, 1, [&](Member& member) {
    std::uint64_t received = 0;
    member.fd();
    member.publish("ready");
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      if (!await(member, received, 2 * round)) return;
      member.publish("both are here");
    }
  });
  std::uint64_t received = 0;
  ASSERT_TRUE(await(here, received, 1));
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    // The second comes while the other one wakes up, looks, or is about to sleep again.
    here.publish("one");
    const std::uint64_t later = telemetry::now_ns() + round * 97 % 20'000;
    while (telemetry::now_ns() < later) {
    }
    here.publish("two");
    ASSERT_TRUE(await(here, received, 1 + round)) << "in round " << round;
  }
  EXPECT_EQ(there.end(), 0);
}

TEST_F(BusTest, AccountsForEverythingThatAllOthersSayAtOnce) {
  constexpr std::uint64_t kMessages = 5'000;
  Member listener(bus_, 3);
  const int fd = listener.fd();
  std::vector<std::unique_ptr<Process>> speakers;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    speakers.push_back(std::make_unique<Process>(bus_, slot, [this, slot](Member& member) {
      for (std::uint64_t n = 0; n < kMessages; ++n) {
        publish_next(bus_, member, slot);
        if (n % 50 == slot) std::this_thread::yield();
      }
    }));
  }
  Heard heard;
  while (heard.accounted() < 3 * kMessages && is_readable(fd, kDeadlineMs)) {
    heard.take_some(listener);
  }
  EXPECT_EQ(heard.accounted(), 3 * kMessages);
  EXPECT_EQ(heard.wrong(), 0U);
  for (const auto& speaker : speakers) EXPECT_EQ(speaker->end(), 0);
}

}  // namespace
}  // namespace forkscope::bus
