// A framed request, written down again in the plainest way: no chunks, no spare whitespace.
#pragma once

#include <string>

#include "http/request_framer.h"
#include "http/syntax.h"

namespace forkscope::fuzz {

inline std::string serialise(const http::FramedRequest& request) {
  bool has_host = false;
  std::string fields;
  for (const http::HeaderField& field : request.fields) {
    has_host |= http::equals_ignoring_case(field.name, "host");
    fields.append(field.name).append(":").append(field.value).append("\r\n");
  }
  std::string bytes(request.method);
  bytes += ' ';
  if (!has_host && !request.host.empty()) {  // HTTP/1.0 with an absolute target.
    bytes.append("http://").append(request.host);
    if (request.target != "*") bytes.append(request.target);
  } else {
    bytes.append(request.target);
  }
  bytes += " HTTP/1." + std::to_string(request.minor_version) + "\r\n" + fields;
  if (!request.body.empty()) {
    bytes += "Content-Length:" + std::to_string(request.body.size()) + "\r\n";
  }
  return bytes + "\r\n" + request.body;
}

}  // namespace forkscope::fuzz
