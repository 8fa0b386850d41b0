#include "live/offer_question.h"

#include <algorithm>

#include "words/faults.h"

namespace forkscope::live {

using picture::Has;

namespace {

constexpr const char* kTodosPath = "/v1/todos";

std::string options_of(const std::string& path, const std::string& authority) {
  return "OPTIONS " + path + " HTTP/1.1\r\nHost: " + authority + "\r\nConnection: close\r\n\r\n";
}

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
    : faults_(address, options_of(words::kHangPath, address.authority)),
      todos_(address, options_of(kTodosPath, address.authority)) {}

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
