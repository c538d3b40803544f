// SPDX-License-Identifier: Apache-2.0
/* options.c - the command line and the environment of nk-agent. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "options.h"

#define DEFAULT_TAP "nk0"
#define DEFAULT_MTU 1500u
#define MIN_MTU 68u
#define MAX_MTU 65521u
#define DEFAULT_FULL_WAIT_MS 20u
#define DEFAULT_ATTACH_WAIT_MS 10000u
#define MAX_WAIT_MS 3600000u

static const char usage[] =
	"Usage: nk-agent [OPTION]...\n"
	"Carries Ethernet frames between a TAP and the other OSes of this machine.\n"
	"\n"
	"  --os NAME            name of this OS [$NK_OS]\n"
	"  --attach PATH        attach socket of this OS [$NK_ATTACH]\n"
	"  --token FILE         token of this OS [$NK_TOKEN_FILE]\n"
	"  --attach-wait MS     how long the first attach is tried [10000]\n"
	"  --tap NAME           the TAP, made if it is not there [nk0]\n"
	"  --mac ADDRESS        its Ethernet address [the one of this OS]\n"
	"  --mtu BYTES          68 to 65521 [1500]\n"
	"  --address A/LENGTH   IPv4 or IPv6 address for the TAP; may be repeated\n"
	"  --route DEST=GATEWAY \"default\" or a prefix, through the TAP; may be repeated\n"
	"  --full-wait MS       how long a full ring may stop the TAP; 0: drop at once [20]\n"
	"  --keep-sessions      leave TCP sessions with a dead OS to themselves, rather\n"
	"                       than end them at once\n"
	"  --persist            the TAP outlives the agent\n"
	"  --help\n"
	"\n"
	"SIGUSR1 writes all counters to standard output as one line of JSON.\n"
	"\n"
	"Example: nk-agent --tap nk0 --address 10.77.0.2/24 --address fd77::2/64\n";

enum { OS = 256, ATTACH, TOKEN, ATTACH_WAIT, TAP, MAC, MTU, ADDRESS, ROUTE, FULL_WAIT, KEEP_SESSIONS, PERSIST, HELP };

static const struct option long_options[] = {
	{"os", required_argument, NULL, OS},
	{"attach", required_argument, NULL, ATTACH},
	{"token", required_argument, NULL, TOKEN},
	{"attach-wait", required_argument, NULL, ATTACH_WAIT},
	{"tap", required_argument, NULL, TAP},
	{"mac", required_argument, NULL, MAC},
	{"mtu", required_argument, NULL, MTU},
	{"address", required_argument, NULL, ADDRESS},
	{"route", required_argument, NULL, ROUTE},
	{"full-wait", required_argument, NULL, FULL_WAIT},
	{"keep-sessions", no_argument, NULL, KEEP_SESSIONS},
	{"persist", no_argument, NULL, PERSIST},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static _Noreturn void refuse(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "nk-agent: %s=%s; expected %s\n", what, value, expected);
	exit(EX_USAGE);
}

static uint32_t number(const char *what, const char *text, uint32_t lowest, uint32_t highest)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < lowest || value > highest) {
		char expected[64];

		snprintf(expected, sizeof(expected), "a number from %u to %u", lowest, highest);
		refuse(what, text, expected);
	}
	return (uint32_t)value;
}

static void parse_mac(const char *text, uint8_t mac[6])
{
	char surplus;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		   &surplus) != 6 || (mac[0] & 1))
		refuse("--mac", text, "a unicast address like 02:4e:4b:00:00:02");
}

static void append(const char *what, const char *value, const char **list, int *count, int capacity)
{
	if (*count == capacity)
		refuse(what, value, "at most 16 of them");
	list[(*count)++] = value;
}

static void require(const char *what, const char *value)
{
	if (!value)
		refuse(what, "", "a value, here or in the environment");
}

void parse_options(struct options *options, int count, char **arguments)
{
	int option;

	*options = (struct options){
		.attach = {
			.os_name = getenv("NK_OS"),
			.socket_path = getenv("NK_ATTACH"),
			.token_path = getenv("NK_TOKEN_FILE"),
		},
		.tap = {.name = DEFAULT_TAP, .mtu = DEFAULT_MTU},
		.full_wait_ns = DEFAULT_FULL_WAIT_MS * NS_PER_MS,
		.attach_wait_ns = DEFAULT_ATTACH_WAIT_MS * NS_PER_MS,
	};
	while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
		switch (option) {
		case OS:
			options->attach.os_name = optarg;
			break;
		case ATTACH:
			options->attach.socket_path = optarg;
			break;
		case TOKEN:
			options->attach.token_path = optarg;
			break;
		case ATTACH_WAIT:
			options->attach_wait_ns = number("--attach-wait", optarg, 0, MAX_WAIT_MS) * NS_PER_MS;
			break;
		case TAP:
			options->tap.name = optarg;
			break;
		case MAC:
			parse_mac(optarg, options->mac);
			options->mac_given = true;
			break;
		case MTU:
			options->tap.mtu = number("--mtu", optarg, MIN_MTU, MAX_MTU);
			break;
		case ADDRESS:
			append("--address", optarg, options->addresses, &options->address_count, MAX_ADDRESSES);
			break;
		case ROUTE:
			append("--route", optarg, options->routes, &options->route_count, MAX_ROUTES);
			break;
		case FULL_WAIT:
			options->full_wait_ns = number("--full-wait", optarg, 0, MAX_WAIT_MS) * NS_PER_MS;
			break;
		case KEEP_SESSIONS:
			options->keep_sessions = true;
			break;
		case PERSIST:
			options->tap.persist = true;
			break;
		case HELP:
			fputs(usage, stdout);
			exit(EX_OK);
		default:
			fputs("nk-agent: see nk-agent --help\n", stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < count)
		refuse("argument", arguments[optind], "options only");
	require("--os", options->attach.os_name);
	require("--attach", options->attach.socket_path);
	require("--token", options->attach.token_path);
}
