// Whether somebody has asked for a request, on this site or by typing it, or whether a browser
// guesses what will be wanted next, or runs a page from elsewhere.
//
// Browsers say so in fields that pages cannot set: Sec-Purpose and its forerunners, Sec-Fetch-Site
// (W3C Fetch Metadata Request Headers; only to https and to this machine), and Origin. Programs
// send none of them.
#pragma once

#include <httplib.h>

namespace forkscope::api {

/// True: the request was not meant, and `res` says why, with 403.
bool answer_if_not_meant(const httplib::Request& req, httplib::Response& res);

}  // namespace forkscope::api
