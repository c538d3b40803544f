// SPDX-License-Identifier: Apache-2.0
/* listing.c - what programs have for one another, docs/abi.md section 6. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define MAX_TEXT (64u << 20)

int nk_listing_take(struct nk_program *program, const struct nk_packet *packet)
{
	const struct nk_listing *listing = &packet->listing;
	void *text;
	int error;

	if (listing->request != program->asking)
		return 0;
	if (!listing->text_length || listing->text_length > MAX_TEXT)
		return -EPROTO;
	error = nk_region_map(packet->fds[0], listing->text_length, false, 0, &text);
	if (error)
		return error;
	free(program->listing);
	program->listing = strndup(text, listing->text_length);
	nk_region_unmap(text, listing->text_length);
	if (!program->listing)
		return -ENOMEM;
	nk_granted(program, listing->request, 0);
	return 0;
}

int nk_list(struct nk_program *program, char **json)
{
	const struct nk_list request = {
		.header = nk_packet_header(NK_LIST, sizeof(request)),
		.request = ++program->last_request,
	};
	int error = nk_ask(program, &request, sizeof(request), request.request);

	if (error)
		return error;
	*json = program->listing;
	program->listing = NULL;
	return *json ? 0 : -EPROTO;
}
