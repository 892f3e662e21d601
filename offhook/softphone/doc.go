// SPDX-License-Identifier: Apache-2.0

// Package softphone is a SIP phone without a screen: it registers by digest,
// rings, is answered by its user or by itself, sends and counts G.711 RTP, holds
// and resumes, and obeys what desk phones obey (auto-answer headers, NOTIFY
// talk and hold). It is for demonstrations and tests, and knows nothing of CSTA.
package softphone
