#include "words/rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "words/fairness.h"

namespace forkscope::words {
namespace {

std::vector<telemetry::WorkerReport> workers_with(const std::vector<double>& rates) {
  std::vector<telemetry::WorkerReport> workers;
  for (const double rate : rates) {
    telemetry::WorkerReport& worker = workers.emplace_back();
    worker.number = static_cast<std::uint32_t>(workers.size());
    worker.requests_per_second = rate;
  }
  return workers;
}

/// What somebody reads who adds up what stands there, in tenths.
std::int64_t read(std::string text) {
  if (text.starts_with('<')) return 0;
  std::erase(text, ',');
  const bool thousands = text.ends_with('k');
  return std::llround(std::stod(text) * (thousands ? 10'000 : 10));
}

TEST(Rates, OfTheWorkersAddUpToTheWholeToTheLastDigitShown) {
  std::mt19937 random(16);
  for (const double most : {3.0, 900.0, 1'200.0, 26'500.0, 99'990.0, 250'000.0}) {
    for (const std::size_t count : {1U, 4U, 48U, 256U}) {
      std::uniform_real_distribution<double> rate(0, most);
      std::vector<double> exact(count);
      for (double& one : exact) one = std::floor(rate(random));
      const Rates rates(workers_with(exact));
      const double busiest = *std::max_element(exact.begin(), exact.end());
      const double step = busiest < 999.5 ? 1 : busiest < 99'950 ? 100 : 1'000;
      std::int64_t sum = 0;
      for (std::uint32_t number = 1; number <= count; ++number) {
        const std::int64_t shown = read(rates.text_of(number));
        sum += shown;
        EXPECT_LE(std::abs(static_cast<double>(shown) / 10 - exact[number - 1]), step);
      }
      EXPECT_EQ(sum, read(rates.whole_text())) << rates.whole_text();
      EXPECT_LE(std::abs(static_cast<double>(sum) / 10 - rates.whole()), step / 2);
      EXPECT_EQ(rates.whole(), std::accumulate(exact.begin(), exact.end(), 0.0));
    }
  }
}

TEST(Rates, AreWrittenAlike) {
  const Rates fast(workers_with({26'049, 26'049, 26'049, 40}));
  EXPECT_EQ(fast.whole_text(), "78.2k");
  EXPECT_EQ(fast.text_of(1), "26.1k");
  EXPECT_EQ(fast.text_of(2), "26.1k");
  EXPECT_EQ(fast.text_of(3), "26.0k");
  EXPECT_EQ(fast.text_of(4), "<0.1k");  // it has answered something
  const Rates slow(workers_with({850, 0, 7}));
  EXPECT_EQ(slow.whole_text(), "857");
  EXPECT_EQ(slow.text_of(1), "850");
  EXPECT_EQ(slow.text_of(2), "0");
  EXPECT_EQ(slow.text_of(3), "7");
  EXPECT_EQ(slow.text_of(9), "0");
  EXPECT_EQ(Rates(workers_with({120'400, 80'300})).whole_text(), "201k");
  EXPECT_EQ(Rates(std::vector<telemetry::WorkerReport>{}).whole_text(), "0");
}

TEST(Rates, SharesAddUpToAHundred) {
  EXPECT_EQ(apportioned(std::vector<double>{1, 1, 1}, 100),
            (std::vector<std::uint64_t>{34, 33, 33}));
  EXPECT_EQ(apportioned(std::vector<double>{2, 0, 1}, 100),
            (std::vector<std::uint64_t>{67, 0, 33}));
  EXPECT_EQ(apportioned(std::vector<double>{0, 0}, 100), (std::vector<std::uint64_t>{0, 0}));
}

TEST(FairnessText, SaysAmongWhom) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(fairness_texts({0.966, 4'000, 4, 4}), (Texts{"fair: 0.97 (1 = even)", "fair: 0.97"}));
  EXPECT_EQ(fairness_texts({0.87, 4'000, 4, 4}).back(), "roughly fair: 0.87");
  EXPECT_EQ(fairness_texts({0.8, 4'000, 4, 4}).back(), "not fair: 0.80");
  EXPECT_EQ(fairness_texts({1, 4'000, 3, 4}),
            (Texts{"fair among the 3 that could serve: 1.00 (1 = even)",
                   "fair among the 3 that could serve: 1.00", "fair among 3 of 4: 1.00",
                   "fair, 3 of 4: 1.00", "among 3 of 4: 1.00"}));
  EXPECT_EQ(fairness_texts({1, 4'000, 3, 4, {3}}),
            (Texts{"fair without worker 3: 1.00 (1 = even)", "fair without worker 3: 1.00",
                   "fair among 3 of 4: 1.00", "fair, 3 of 4: 1.00", "among 3 of 4: 1.00"}));
  EXPECT_EQ(fairness_texts({1, 0, 0, 4, {1, 2, 3, 4}, 4}), Texts{"too new to be compared"});
  EXPECT_EQ(fairness_texts({1, 900, 1, 4, {1, 2, 3}, 1}), Texts{"too new to be compared"});
  EXPECT_EQ(fairness_texts({1, 4'000, 1, 4}), Texts{"only 1 of 4 could serve"});
  EXPECT_EQ(fairness_texts({1, 0, 0, 4}), Texts{"none of 4 could serve"});
  EXPECT_EQ(fairness_texts({1, 30, 4, 4}), Texts{});  // a share of so few says little
  EXPECT_EQ(fairness_texts({1, 4'000, 1, 1}), Texts{});
}

}  // namespace
}  // namespace forkscope::words
