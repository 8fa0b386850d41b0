#include "live/offer_question.h"

#include <algorithm>

#include "words/faults.h"

namespace forkscope::live {

using picture::Has;

namespace {

constexpr const char* kTodosPath = "/v1/todos";

/// As the answer says. An error of the server's says nothing.
Has allows(const OneShotRequest& question, const std::string& method) {
  const std::uint32_t status = question.status();
  if (status == 0 || status / 100 == 5) return status == 501 ? Has::no : Has::unknown;
  std::string methods = ' ' + question.field("Allow") + ' ';
  std::replace(methods.begin(), methods.end(), ',', ' ');
  return methods.find(' ' + method + ' ') == std::string::npos ? Has::no : Has::yes;
}

}  // namespace

OfferQuestion::OfferQuestion(const net::TcpAddress& address)
    : faults_(address, "OPTIONS", words::kHangPath), todos_(address, "OPTIONS", kTodosPath) {}

void OfferQuestion::poll() {
  if (offer_.faults == Has::unknown) {
    faults_.poll();
    offer_.faults = allows(faults_, "GET");
  }
  if (offer_.todos == Has::unknown) {
    todos_.poll();
    offer_.todos = allows(todos_, "GET");
    offer_.writes = allows(todos_, "POST");
  }
}

}  // namespace forkscope::live
