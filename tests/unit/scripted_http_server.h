// An HTTP server on a port of its own whose every answer a test decides.
//
// One thread per connection; a request is a head without a body, or with a Content-Length.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace forkscope::test {

class ScriptedHttpServer {
 public:
  /// Gets a whole request, returns the bytes to send. An empty answer closes the connection, kReset
  /// breaks it; kNoAnswer keeps it open and says nothing. Called on the connection's thread.
  using Script = std::function<std::string(const std::string& request)>;
  inline static const std::string kNoAnswer = "(no answer)";
  inline static const std::string kReset = "(reset)";
  inline static const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";

  explicit ScriptedHttpServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), bytes) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
      throw std::runtime_error("scripted server");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedHttpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close_all();
    for (std::thread& thread : threads_) thread.join();
    for (const int client : clients_) ::close(client);
    ::close(listener_);
  }

  /// Closes all connections that there are, whatever they wait for.
  void close_all() {
    const std::lock_guard lock(mutex_);
    for (const int client : clients_) ::shutdown(client, SHUT_RDWR);
  }

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void accept_all() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const std::lock_guard lock(mutex_);
      clients_.push_back(client);
      ++accepted_;  // close_all() would close it from now on
      threads_.emplace_back([this, client] { serve(client); });
    }
  }

  void serve(int client) {
    std::string buffer;
    char bytes[4096];
    for (;;) {
      const std::size_t size = request_size(buffer);
      if (size > 0) {
        const std::string answer = script_(buffer.substr(0, size));
        buffer.erase(0, size);
        if (answer == kNoAnswer) continue;
        if (answer == kReset) return reset(client);
        ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (answer.empty() || answer.find("Connection: close") != std::string::npos) {
          ::shutdown(client, SHUT_RDWR);
          return;
        }
        continue;
      }
      const ssize_t count = ::recv(client, bytes, sizeof bytes, 0);
      if (count <= 0) return;
      buffer.append(bytes, static_cast<std::size_t>(count));
    }
  }

  /// connect(2): with AF_UNSPEC it dissolves the association, which in TCP is a reset.
  static void reset(int client) {
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    ::connect(client, &nobody, sizeof nobody);
  }

  /// Of the first whole request in `buffer`; 0 when there is none.
  static std::size_t request_size(const std::string& buffer) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    std::size_t body = 0;
    const std::size_t field = buffer.find("Content-Length: ");
    if (field < head) body = std::stoul(buffer.substr(field + 16));
    return buffer.size() >= head + 4 + body ? head + 4 + body : 0;
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<int> clients_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace forkscope::test
