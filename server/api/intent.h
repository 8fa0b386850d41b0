// Whether somebody has asked for a request, on this site or by typing it, or whether a browser
// guesses what will be wanted next, or runs a page from elsewhere.
//
// Browsers say so in fields that pages cannot set: Sec-Purpose and its forerunners, Sec-Fetch-Site
// (W3C Fetch Metadata Request Headers; only to https and to this machine), and Origin. Programs
// send none of them.
#pragma once

#include <httplib.h>

#include <string>

namespace forkscope::api {

/// Why the request was not meant, in one sentence; empty if it was.
std::string why_not_meant(const httplib::Request& req);

}  // namespace forkscope::api
